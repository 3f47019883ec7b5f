"""AWS: reads everything that a decision needs into one frozen struct, and performs a plan's changes.

Nothing here decides. Only this layer imports boto3, and only ``sessions`` knows which identity and
region a call goes to.
"""
