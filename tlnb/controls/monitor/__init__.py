"""The training monitor: a run that is started, watched and steered from the page."""

from tlnb.controls.monitor.monitor import TrainingMonitor

__all__ = ["TrainingMonitor"]
