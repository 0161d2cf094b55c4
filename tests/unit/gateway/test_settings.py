"""Settings that do not hold are told without what they hold."""

import pytest
from pydantic import ValidationError

from gateway.settings import GatewaySettings, StandaloneSettings


def test_no_secret_is_told_with_what_is_wrong() -> None:
    secret = "mongodb://gateway:hidden@db.internal/"
    with pytest.raises(ValidationError) as wrong:
        GatewaySettings.model_validate({"mongodb_url": secret, "amqp_url": "amqp://gateway:hidden@mq.internal/"})
    assert "signing_key_file" in str(wrong.value)
    assert "hidden" not in str(wrong.value)
    with pytest.raises(ValidationError) as wrong:
        StandaloneSettings.model_validate({"subgraph_urls": "https://hidden@somewhere"})
    assert "hidden" not in str(wrong.value)
