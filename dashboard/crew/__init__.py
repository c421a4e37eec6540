"""Several processes behind one address, since Python runs one thread of each at a time.

The first process is the door: it takes every connection to one of the workers, each of which is a
whole server, and keeps the room's places. A browser belongs to one worker, which its ticket names:
there are its sessions, and the files behind its download buttons.
"""
