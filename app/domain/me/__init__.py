"""Who I am: numbers, telephones, identity."""
