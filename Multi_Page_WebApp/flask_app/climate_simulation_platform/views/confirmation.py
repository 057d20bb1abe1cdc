"""A question before something that is not easily undone.

With JavaScript the form asks in a dialog and adds `confirmed`; without, a page asks.
"""

from flask import render_template, request


def is_confirmed() -> bool:
    """Whether the person has answered yes."""
    return request.form.get("confirmed") == "yes"


def question_page(question: str, *, yes: str, back: str, details: str = "") -> str:
    """A page that asks and sends the same form again, with the answer.

    Parameters
    ----------
    yes : str
        What the button says that goes on.
    back : str
        Address for those who would rather not.
    """
    again = [
        (name, value)
        for name, values in request.form.lists()
        if name not in ("csrf_token", "confirmed")
        for value in values
    ]
    return render_template(
        "question.html", question=question, yes=yes, back=back, details=details, fields=again
    )
