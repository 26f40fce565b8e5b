"""Administration: companies, groups, users, numbers, telephones, the audit, imports, keys of programs."""
