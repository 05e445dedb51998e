"""Security schemes: dependencies that read credentials and appear in the OpenAPI document.

Each is loaded when it is asked for: most applications have one of them, or none.
"""

from typing import TYPE_CHECKING

from pronghorn.incidental import incidental

if TYPE_CHECKING:
    from pronghorn.security.api_key import APIKeyCookie as APIKeyCookie
    from pronghorn.security.api_key import APIKeyHeader as APIKeyHeader
    from pronghorn.security.api_key import APIKeyQuery as APIKeyQuery
    from pronghorn.security.http import HTTPAuthorizationCredentials as HTTPAuthorizationCredentials
    from pronghorn.security.http import HTTPBasic as HTTPBasic
    from pronghorn.security.http import HTTPBasicCredentials as HTTPBasicCredentials
    from pronghorn.security.http import HTTPBearer as HTTPBearer
    from pronghorn.security.http import HTTPDigest as HTTPDigest
    from pronghorn.security.oauth2 import OAuth2 as OAuth2
    from pronghorn.security.oauth2 import (
        OAuth2AuthorizationCodeBearer as OAuth2AuthorizationCodeBearer,
    )
    from pronghorn.security.oauth2 import OAuth2PasswordBearer as OAuth2PasswordBearer
    from pronghorn.security.oauth2 import OAuth2PasswordRequestForm as OAuth2PasswordRequestForm
    from pronghorn.security.oauth2 import (
        OAuth2PasswordRequestFormStrict as OAuth2PasswordRequestFormStrict,
    )
    from pronghorn.security.oauth2 import SecurityScopes as SecurityScopes
    from pronghorn.security.open_id_connect_url import OpenIdConnect as OpenIdConnect
else:
    __getattr__ = incidental(__name__)
