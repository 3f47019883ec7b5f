"""What the operator waits for before it sets a lifecycle policy on a repository that may hold images.

A plan does not ask for it: to start AWS's preview is a write.
"""

from ecr_operator.api.lifecycle_policy import ImagesInUse, LifecycleProtection
from ecr_operator.planning.lifecycle_protection import needs_preview


def proviso(protection: LifecycleProtection) -> str:
    """As it follows "set the lifecycle policy"; empty: it is set at once."""
    if not needs_preview(protection, new=False, empty=False):
        return ""
    unless = []
    match protection.effective_images_in_use:
        case ImagesInUse.HOLD:
            images = " or with a protected tag" if protection.protected_tags else ""
            unless.append(f"act on images in use{images}")
        case ImagesInUse.WARN:
            unless.append("leave no image")
    most = protection.max_expiring_images
    if most is not None:
        unless.append(f"expire more than {most:,} image{'' if most == 1 else 's'}")
    return f"applied after AWS's preview, unless it would {' or '.join(unless)}"
