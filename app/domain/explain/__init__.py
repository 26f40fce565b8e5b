"""Why a call went as it did, and how one would go."""
