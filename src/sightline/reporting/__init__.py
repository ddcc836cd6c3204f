"""What the reports of all applications are written with: templates, numbers in words, pictures inside the page."""
