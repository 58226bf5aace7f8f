"""What the program is compared with. Each script runs in an environment of its own and imports nothing of this project."""
