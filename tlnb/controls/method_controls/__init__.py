"""What a method declares that can be set, as sliders, switches, choices and shares."""

from tlnb.controls.method_controls.method_controls import MethodControls

__all__ = ["MethodControls"]
