"""Records what a real server does, as a script that the fake can play again."""
