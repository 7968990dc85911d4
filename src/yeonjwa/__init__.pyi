from yeonjwa.laboratory.questions import open as open
from yeonjwa.laboratory.scenario import load as load
from yeonjwa.notebook import compare as compare
from yeonjwa.notebook import ensemble as ensemble
from yeonjwa.notebook import run as run
from yeonjwa.notebook import scenarios as scenarios

__version__: str
