"""What an upgrade of the server does to the sessions that are there, tried on copies before it is done."""
