"""How the content of a file becomes what an encoder reads: pictures, recordings, clips, shapes, texts."""
