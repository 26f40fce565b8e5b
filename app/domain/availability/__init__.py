"""When a user can be reached, and how: schedules per number, profiles, holidays."""
