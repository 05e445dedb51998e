"""What OpenTelemetry hears of requests: spans, metrics and logs.

OpenTelemetry is optional.  The modules of this room that need it are imported when a provider
is there to hear something; until then no request pays for it.
"""

from pronghorn._options.settings import TelemetryConfig as TelemetryConfig
from pronghorn.telemetry.data import TelemetryData as TelemetryData
from pronghorn.telemetry.data import get_telemetry_data as get_telemetry_data
