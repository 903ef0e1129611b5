"""A login by simple-salesforce, as its documentation has it."""

import os

from simple_salesforce.api import Salesforce

salesforce = Salesforce(
    username=os.environ["SFJWT_USERNAME"],
    consumer_key=os.environ["SFJWT_CONSUMER_KEY"],
    privatekey_file=os.environ["SFJWT_PRIVATE_KEY_FILE"],
)
print(salesforce.session_id)
