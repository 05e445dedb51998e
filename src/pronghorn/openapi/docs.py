"""The pages that show a document: Swagger UI, ReDoc, and the return from an OAuth2 login.

Each is HTML made of the values that it is given.  Where their scripts come from is said by
URLs; this file knows nothing of who serves them, nor of the document itself.
"""

import json
from html import escape
from typing import Any

from starlette.responses import HTMLResponse

from pronghorn.encoders import jsonable_encoder

# Settings of Swagger UI: https://swagger.io/docs/open-source-tools/swagger-ui/usage/configuration/
swagger_ui_default_parameters: dict[str, Any] = {
    "dom_id": "#swagger-ui",
    "layout": "BaseLayout",
    "deepLinking": True,
    "showExtensions": True,
    "showCommonExtensions": True,
}

# The HTML parser looks for `</script>` and `<!--` inside scripts too, so no such character may
# stand there; JSON and JavaScript read the escape as the character.
_SCRIPT_ESCAPES = str.maketrans({c: f"\\u{ord(c):04x}" for c in "<>&"})


def _write_json(value: object) -> str:
    """A value as JSON that may stand in a `<script>`."""
    return json.dumps(value).translate(_SCRIPT_ESCAPES)


def _write_text(value: str) -> str:
    """A text as a single-quoted JavaScript string that may stand in a `<script>`."""
    return "'" + _write_json(value)[1:-1].replace('\\"', '"').replace("'", "\\u0027") + "'"


def get_swagger_ui_html(
    *,
    openapi_url: str,
    title: str,
    swagger_js_url: str = "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui-bundle.js",
    swagger_css_url: str = "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui.css",
    swagger_favicon_url: str = "https://fastapi.tiangolo.com/img/favicon.png",
    oauth2_redirect_url: str | None = None,
    init_oauth: dict[str, Any] | None = None,
    swagger_ui_parameters: dict[str, Any] | None = None,
) -> HTMLResponse:
    """Return a page on which Swagger UI shows the document at `openapi_url`.

    `swagger_ui_parameters` are added to `swagger_ui_default_parameters`, `init_oauth` is given
    to Swagger UI's `initOAuth()`; both may hold whatever can be written as JSON.
    `oauth2_redirect_url` is a path on this host, where `get_swagger_ui_oauth2_redirect_html()`
    is served.
    """
    parameters = swagger_ui_default_parameters | (swagger_ui_parameters or {})
    settings = [f"url: {_write_text(openapi_url)}"]
    settings += [
        f"{_write_json(name)}: {_write_json(jsonable_encoder(value))}"
        for name, value in parameters.items()
    ]
    if oauth2_redirect_url:
        # The login answers to an address with a host, which only the browser knows.
        address = f"window.location.origin + {_write_text(oauth2_redirect_url)}"
        settings.append(f"oauth2RedirectUrl: {address}")
    settings_text = "".join(f"        {setting},\n" for setting in settings)
    login = ""
    if init_oauth:
        login = f"      ui.initOAuth({_write_json(jsonable_encoder(init_oauth))})\n"
    return HTMLResponse(f"""\
<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>{escape(title)}</title>
    <link rel="icon" href="{escape(swagger_favicon_url)}">
    <link rel="stylesheet" href="{escape(swagger_css_url)}">
    <style>
      body {{ margin: 0; }}
    </style>
  </head>
  <body>
    <noscript>This page needs JavaScript to show the API.</noscript>
    <div id="swagger-ui"></div>
    <script src="{escape(swagger_js_url)}"></script>
    <script>
      const ui = SwaggerUIBundle({{
{settings_text}\
        presets: [
          SwaggerUIBundle.presets.apis,
          SwaggerUIBundle.SwaggerUIStandalonePreset
        ],
      }})
{login}\
    </script>
  </body>
</html>
""")


def get_redoc_html(
    *,
    openapi_url: str,
    title: str,
    redoc_js_url: str = "https://cdn.jsdelivr.net/npm/redoc@2/bundles/redoc.standalone.js",
    redoc_favicon_url: str = "https://fastapi.tiangolo.com/img/favicon.png",
    with_google_fonts: bool = True,
) -> HTMLResponse:
    """Return a page on which ReDoc shows the document at `openapi_url`.

    Without `with_google_fonts` the page uses the fonts of the reader's machine.
    """
    fonts = ""
    if with_google_fonts:
        families = "Montserrat:300,400,700|Roboto:300,400,700"
        address = f"https://fonts.googleapis.com/css?family={families}"
        fonts = f'    <link rel="stylesheet" href="{address}">\n'
    return HTMLResponse(f"""\
<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>{escape(title)}</title>
    <link rel="icon" href="{escape(redoc_favicon_url)}">
{fonts}\
    <style>
      body {{ margin: 0; padding: 0; }}
    </style>
  </head>
  <body>
    <noscript>This page needs JavaScript to show the API.</noscript>
    <redoc spec-url="{escape(openapi_url)}"></redoc>
    <script src="{escape(redoc_js_url)}"></script>
  </body>
</html>
""")


# Swagger UI opens the login in a second window and leaves what it waits for in
# `window.swaggerUIRedirectOauth2` of the first.  RFC 6749: 4.1.2 answers with a code in the
# query, 4.2.2 with a token in the fragment, and both with `error` where it failed.
_OAUTH2_REDIRECT_PAGE = """\
<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Swagger UI: login</title>
  </head>
  <body>
    <p id="note">Finishing the login ...</p>
    <script>
      'use strict'

      function readAnswer() {
        const fragment = window.location.hash.slice(1)
        const isInFragment = /code|token|error/.test(fragment)
        const text = isInFragment ? fragment.replace('?', '&') : window.location.search.slice(1)
        const answer = {}
        for (const pair of text.split('&').filter(Boolean)) {
          const [name, ...value] = pair.split('=')
          // Not URLSearchParams, which would read the `+` of a bare token as a space.
          answer[decodeURIComponent(name)] = decodeURIComponent(value.join('='))
        }
        return answer
      }

      function explainFailure(answer) {
        if (!answer.error) return 'The login failed: the server sent no code.'
        const reason = answer.error_description || 'the server sent no code'
        const more = answer.error_uri ? ` More about it: ${answer.error_uri}` : ''
        return `[${answer.error}]: ${reason}.${more}`
      }

      function finishLogin(waiting) {
        const { auth, state, redirectUrl } = waiting
        const report = (level, message) =>
          waiting.errCb({ authId: auth.name, source: 'auth', level, message })
        const answer = readAnswer()
        const isValid = answer.state === state
        const codeFlows = ['accessCode', 'authorizationCode', 'authorization_code']

        if (!codeFlows.includes(auth.schema.get('flow')) || auth.code) {
          waiting.callback({ auth, token: answer, isValid, redirectUrl })
          return
        }
        if (!isValid) {
          report('warning', 'The login may be unsafe: the server returned another state.')
        }
        if (answer.code) {
          delete waiting.state
          auth.code = answer.code
          waiting.callback({ auth, redirectUrl })
        } else {
          report('error', explainFailure(answer))
        }
      }

      if (window.opener && window.opener.swaggerUIRedirectOauth2) {
        finishLogin(window.opener.swaggerUIRedirectOauth2)
        window.close()
      } else {
        document.getElementById('note').textContent =
          'This page ends a login that is started in the API docs.'
      }
    </script>
  </body>
</html>
"""


def get_swagger_ui_oauth2_redirect_html() -> HTMLResponse:
    """Return the page that hands the answer of an OAuth2 login to Swagger UI, and closes."""
    return HTMLResponse(_OAUTH2_REDIRECT_PAGE)
