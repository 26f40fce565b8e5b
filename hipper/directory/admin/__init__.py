"""What administrators do: companies, groups, users, numbers, telephones. The HTTP API and the command line
ask these functions, and nobody else writes those tables but :mod:`hipper.directory.provision`.

Each change is one transaction with its audit row, and holds for the next call.
"""
