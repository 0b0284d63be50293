"""Why a pod has no running containers, each in the word that kubectl's users look for."""

NO_COMMAND = "NoCommand"
"""Nothing on this machine runs an image: a lab's counterpart of ImagePullBackOff."""

CONFIG_ERROR = "CreateContainerConfigError"
"""A ConfigMap, Secret or key that it refers to does not exist."""

START_ERROR = "RunContainerError"
"""The machine refused to start a process."""
