"""Comments, held until a moderator approves them, and the log of what moderators did."""
