"""From a function signature to a compiled handler, one stage a file.

`fields` and `declaration` say what the author asked for, `plan` what must happen for one
request, `source` writes that as Python text with the words of `reading` and `replying`,
`handler` makes a function of it, and `paths` finds it for a request.
"""
