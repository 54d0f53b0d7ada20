# SPDX-License-Identifier: GPL-2.0-or-later
"""The tests' programs and what they share. A program is run by its name, and puts the tree on the path for that."""
