"""What is asked, and against which plan: read from files, with no database, web or queue."""
