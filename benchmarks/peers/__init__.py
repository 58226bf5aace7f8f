"""What the program is compared with. Each script has an environment of its own, and imports nothing of this project."""
