# SPDX-License-Identifier: GPL-2.0-or-later
"""How a figure is compared with its goal, in words."""


def verdict(holds, goal):
    """What is said behind a figure: its goal, and whether it holds."""
    return f", the goal is {goal}: " + ("holds" if holds else "MISSED")
