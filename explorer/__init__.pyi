"""The types of what scripts use; the package itself imports it only when it is asked for."""

from explorer.api.run import Run as Run
from explorer.api.run import compare as compare
from explorer.api.run import open_run as open_run
from explorer.api.training import train as train
from explorer.api.watch import watch as watch
from explorer.core.errors import UserError as UserError
from explorer.core.recipe import Recipe as Recipe

__version__: str
