"""The sandbox's MTC answers to what others write: fixes change what happens next.

Each module is one controller, looking at what stands on the clusters and bringing about what the
real one would, after about as long. Start reading at ``player``.
"""
