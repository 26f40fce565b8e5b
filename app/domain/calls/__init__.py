"""My calls now, and what I ask of them."""
