"""The theory of MODEL.md as set-ups that anybody can run: small villages in which a closed form must hold.

Each module holds one theorem, or a few that belong together: functions that set up the village and play it with the
functions the model runs with, and ``demonstrate``, which returns what was found as findings and curves. *Inside* the
conditions that the theorem states the closed form must come out, and a test demands it; *outside* them the finding says
how far the form is off. Numbers in the signatures describe the village, not the world; what describes the world comes
from the parameters in the :class:`~yeonjwa.society.stylised.findings.Setting`.
"""
