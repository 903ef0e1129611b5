"""The catalog of Salesforce's errors: causes, fixes, and whether another attempt can help. Data, not code.

An entry names where it was seen and solved in public. Menu names are those of Setup in Lightning Experience. In the
texts, `{username}`, `{login_url}` and `{consumer_key}` stand for those of the login.
"""

from __future__ import annotations

from sfjwt_action.refusals.model import Area, Cause, Clue, Entry

_EDIT_THE_POLICIES = (
    "External Client App: open Setup → External Client App Manager → your app → Policies, and click Edit. "
    "Connected App: open Setup → Manage Connected Apps → your app, and click Edit Policies."
)
_EDIT_THE_SETTINGS = (
    "External Client App: open Setup → External Client App Manager → your app → Settings, and click Edit. "
    "Connected App: open Setup → App Manager → your app, and click Edit."
)
_ENABLE_THE_FLOW = (
    "Select Enable JWT Bearer Flow under OAuth Settings → Flow Enablement. For a Connected App, select Use digital "
    "signatures."
)
_RELAX_IP = "Set IP Relaxation to “Relax IP restrictions”, and save."
_PREAUTHORIZE = (
    _EDIT_THE_POLICIES,
    "Set Permitted Users to “Admin approved users are pre-authorized”.",
    (
        "Add the profile or a permission set of {username}: under App Policies in an External Client App, under Manage "
        "Profiles or Manage Permission Sets in a Connected App."
    ),
)
_INSTALL_THE_APP = (
    "Open Setup → Connected Apps OAuth Usage, or External Client Apps OAuth Usage.",
    "Find the app, and click Install.",
    "Pre-authorize {username} for the app.",
)
_ALLOW_THE_APP = (
    "Open Setup → API Access Control, and check whether API access is limited to allowlisted apps.",
    "If it is, install the app under Setup → Connected Apps OAuth Usage, and assign it to {username}.",
)
_WAIT = "Wait 10 minutes and run the job again, or set `propagation-timeout` to keep trying."
_SANDBOX_USERNAME = Cause(
    "{username} seems to be a sandbox user, but {login_url} only knows production users.",
    ("Set `login-url` to the sandbox's My Domain, such as acme--uat.sandbox.my.salesforce.com.",),
    only_if=Clue.SANDBOX_USERNAME,
)
_PRODUCTION_USERNAME = Cause(
    "{username} seems to be a production user, but {login_url} only knows sandbox users.",
    (
        "Set `login-url` to the org's My Domain, such as acme.my.salesforce.com.",
        "For a sandbox, add its name to the username, such as ci@acme.example.uat.",
    ),
    only_if=Clue.PRODUCTION_USERNAME,
)
_MY_DOMAIN_LOGIN = (
    "Copy the Current My Domain URL from Setup → My Domain.",
    "Set `login-url` to it, and remove `audience`.",
)
_CHECK_USER = (
    "Open Setup → Users, and search for {username}. In a sandbox, the username ends with the sandbox's name.",
    "If the user doesn't exist, correct `username`, or `login-url` if the user is in another org.",
    "If Active isn't selected, edit the user and select it. If the user is frozen, click Unfreeze.",
    "Select API Enabled in the user's profile or in a permission set.",
)
_FROZEN_USER = Cause(
    "Salesforce froze the user because logins came from a VPN, a proxy or a high-risk address, as it does since 2026.",
    (
        "Open Setup → Users, then {username}, and click Unfreeze.",
        "Use a runner with a fixed address that isn't shared, such as a self-hosted runner or a NAT gateway.",
    ),
)
_SET_SCOPES = (
    _EDIT_THE_SETTINGS,
    (
        "Add “Manage user data via APIs (api)” and “Perform requests at any time (refresh_token, offline_access)” to "
        "the selected OAuth scopes, and save."
    ),
    _WAIT,
)
_RENEW_CERTIFICATE = (
    "Run `sfjwt init --rotate DIR`, where DIR contains server.key and server.crt, and follow its steps.",
)
_NEW_SCRATCH_ORG = Cause(
    "The scratch org is new and hasn't propagated yet.", (_WAIT,), only_if=Clue.SCRATCH_ORG_USERNAME
)
_NEW_APP = Cause("The app or the sandbox is new and hasn't propagated yet.", (_WAIT,))
_TRY_LATER = ("Check status.salesforce.com for the org's instance.", "Run the job again later.")

CATALOG: tuple[Entry, ...] = (
    Entry(
        slug="user-has-not-approved-this-consumer",
        area=Area.APP,
        words="invalid_grant: user hasn't approved this consumer",
        patterns=("user hasn't approved this consumer",),
        title="The user isn't pre-authorized for the app",
        meaning="Salesforce knows the app, but {username} isn't pre-authorized to use it.",
        causes=(
            _NEW_SCRATCH_ORG,
            Cause(
                "The app isn't assigned to the user's profile or to one of the user's permission sets.", _PREAUTHORIZE
            ),
            _SANDBOX_USERNAME,
            _PRODUCTION_USERNAME,
            Cause(
                (
                    "The permission set that is assigned to the app has the license “Salesforce API "
                    "Integration”, which can't contain an app."
                ),
                (
                    "Open Setup → Permission Sets, and create a permission set with the license --None--.",
                    "Assign it to {username} and to the app, or assign the user's profile to the app.",
                ),
            ),
            _NEW_APP,
        ),
        audience_rank=1,
        propagates=True,
        sources=(
            "https://github.com/omniphx/forrest/issues/278",
            "https://github.com/forcedotcom/cli/issues/1028",
            "https://github.com/restforce/restforce/issues/674",
            "https://github.com/simple-salesforce/simple-salesforce/pull/711",
            "https://github.com/simstudioai/sim/pull/6526",
            "https://help.salesforce.com/apex/HTViewHelpDoc?id=xcloud.preauth_user_app_access_through_eca.htm",
        ),
    ),
    Entry(
        slug="user-is-not-admin-approved",
        area=Area.APP,
        words="invalid_app_access: user is not admin approved to access this app",
        patterns=(
            "not admin approved to access this app",
            "invalid_app_access",
            "oauth_app_access_denied",
        ),
        title="The user isn't assigned to the app",
        meaning="Only users that an administrator approved can use the app, and {username} isn't one of them.",
        causes=(
            Cause(
                "The app isn't assigned to the user's profile or to one of the user's permission sets.", _PREAUTHORIZE
            ),
            Cause("API Access Control is enabled in the org, and the app isn't on its list.", _ALLOW_THE_APP),
        ),
        sources=(
            "https://github.com/abisek/salesforce-elf-browser/issues/9",
            "https://help.salesforce.com/s/articleView?id=005132365&type=1",
            "https://github.com/forcedotcom/cli/issues/3260",
            "https://github.com/jetstreamapp/jetstream/issues/656",
        ),
    ),
    Entry(
        slug="client-identifier-invalid",
        area=Area.APP,
        words="invalid_client_id: client identifier invalid",
        patterns=(
            "client identifier invalid",
            "invalid_client_id",
        ),
        title="No app has this consumer key",
        meaning="{login_url} doesn't know an app with the consumer key {consumer_key}.",
        causes=(
            Cause(
                "`consumer-key` isn't the app's consumer key.",
                (
                    (
                        "External Client App: open Setup → External Client App Manager → your app → "
                        "Settings → OAuth Settings, and click Consumer Key and Secret. Connected App: "
                        "open Setup → App Manager → your app → View, and click Manage Consumer Details."
                    ),
                    ("Copy the consumer key, not the secret, and store it in the secret that sets `consumer-key`."),
                ),
            ),
            Cause("The app is in another org than {login_url}.", _MY_DOMAIN_LOGIN),
            _NEW_APP,
        ),
        propagates=True,
        sources=(
            "https://github.com/pozil/salesforce-react-integration/issues/15",
            "https://github.com/omniphx/forrest/issues/184",
        ),
    ),
    Entry(
        slug="app-must-be-installed-into-org",
        area=Area.APP,
        words="invalid_client: app must be installed into org",
        patterns=("app must be installed into org",),
        title="The app isn't installed in this org",
        meaning="The app belongs to another org and isn't installed in this one.",
        causes=(
            Cause("The app was created in another org and was never installed in this org.", _INSTALL_THE_APP),
            Cause("`login-url` belongs to another org than the app.", _MY_DOMAIN_LOGIN),
        ),
        sources=(
            "https://help.salesforce.com/s/articleView?id=005132365&type=1",
            "https://docs.movedata.io/troubleshooting/connection-and-authentication/salesforce-connected-app-usage-restrictions/",
            "https://github.com/restforce/restforce/issues/338",
        ),
    ),
    Entry(
        slug="invalid-client-credentials",
        area=Area.APP,
        words="invalid_client: invalid client credentials",
        patterns=(
            "invalid client credentials",
            r"invalid_client\b",
        ),
        title="Salesforce doesn't accept the app",
        meaning="Salesforce doesn't accept the consumer key {consumer_key} at {login_url}.",
        causes=(
            Cause("The app is in another org than {login_url}.", _MY_DOMAIN_LOGIN),
            Cause("The app belongs to another org and isn't installed in this one.", _INSTALL_THE_APP),
            Cause(
                "`consumer-key` isn't the app's consumer key.",
                (
                    (
                        "Copy the consumer key from the app's settings again, not the secret, and store "
                        "it in the secret that sets `consumer-key`."
                    ),
                ),
            ),
        ),
        sources=(
            "https://help.salesforce.com/s/articleView?id=005132365&type=1",
            "https://docs.movedata.io/troubleshooting/connection-and-authentication/salesforce-connected-app-usage-restrictions/",
            "https://github.com/restforce/restforce/issues/338",
        ),
    ),
    Entry(
        slug="invalid-assertion",
        area=Area.KEY,
        words="invalid_grant: invalid assertion",
        patterns=("invalid assertion",),
        title="Salesforce doesn't accept the signature",
        meaning="The signature doesn't match the app's certificate, or the assertion expired or was already used.",
        causes=(
            Cause(
                "The private key doesn't match the certificate that is uploaded to the app.",
                (
                    _EDIT_THE_SETTINGS,
                    _ENABLE_THE_FLOW,
                    "Upload the certificate that was created with this private key, and save.",
                    (
                        "Set the input `certificate` too. Then the action detects a wrong key before it "
                        "contacts Salesforce."
                    ),
                ),
                unless=Clue.CERTIFICATE_MATCHES,
            ),
            Cause(
                "This machine's clock is wrong, so the assertion's expiry is too.",
                ("Set the clock. On a self-hosted runner, enable time synchronization (NTP).",),
                unless=Clue.CLOCK_RIGHT,
            ),
            Cause(
                "The key and `certificate` match, so the app has another certificate.",
                (
                    _EDIT_THE_SETTINGS,
                    _ENABLE_THE_FLOW,
                    "Upload the certificate from the input `certificate`, and save.",
                    _WAIT,
                ),
                only_if=Clue.CERTIFICATE_MATCHES,
            ),
            Cause("The certificate has expired.", _RENEW_CERTIFICATE, only_if=Clue.CERTIFICATE_EXPIRED),
            Cause("The certificate in the app has expired.", _RENEW_CERTIFICATE, unless=Clue.CERTIFICATE_EXPIRED),
        ),
        wrong_key=True,
        clock_skew=True,
        sources=(
            "https://github.com/frankkessler/salesforce-laravel-oauth2-rest/issues/68",
            "https://github.com/forcedotcom/sfdx-travisci/issues/135",
            "https://github.com/forcedotcom/cli/issues/217",
            "https://salesforce.stackexchange.com/questions/313488",
        ),
    ),
    Entry(
        slug="audience-is-invalid",
        area=Area.ORG,
        words="invalid_grant: audience is invalid",
        patterns=(
            "audience is invalid",
            "audience validation failed",
            "invalid audience",
        ),
        title="The audience doesn't match the login host",
        meaning="Salesforce expects another audience (`aud`) for this app and this host.",
        causes=(
            Cause("An External Client App needs its My Domain as login URL and as audience.", _MY_DOMAIN_LOGIN),
            Cause(
                "The input `audience` names the wrong host.",
                ("Remove `audience`. The action then tries the audiences that match {login_url}.",),
                only_if=Clue.OWN_AUDIENCE,
            ),
            _SANDBOX_USERNAME,
            _PRODUCTION_USERNAME,
        ),
        audience_rank=3,
        sources=(
            "https://help.salesforce.com/apex/HTViewHelpDoc?id=xcloud.remoteaccess_oauth_flow_errors.htm",
            "https://github.com/forcedotcom/cli/issues/3325",
            "https://github.com/simple-salesforce/simple-salesforce/issues/672",
            "https://github.com/Talend/components/issues/1423",
        ),
    ),
    Entry(
        slug="expired-authorization-code",
        area=Area.KEY,
        words="invalid_grant: expired authorization code",
        patterns=(
            "expired authorization code",
            "expired assertion",
            "assertion.*expired",
        ),
        title="The assertion expired",
        meaning="The assertion's expiry time (`exp`) is in the past for Salesforce's clock.",
        causes=(
            Cause(
                "This machine's clock is behind.",
                ("Set the clock. On a self-hosted runner, enable time synchronization (NTP).",),
                unless=Clue.CLOCK_RIGHT,
            ),
            Cause("A slow network or proxy delayed the request.", ("Set `assertion-lifetime` to 300.",)),
        ),
        clock_skew=True,
        sources=(
            "https://github.com/simple-salesforce/simple-salesforce/issues/491",
            "https://github.com/simple-salesforce/simple-salesforce/issues/371",
        ),
    ),
    Entry(
        slug="refresh-token-scope-is-required",
        area=Area.APP,
        words="invalid_request: refresh_token scope is required",
        patterns=(
            "refresh_token scope is required",
            "connected app should be installed and preauthorized",
        ),
        title="The app lacks a scope or pre-authorization",
        meaning="Salesforce requires the scope refresh_token for this flow, although it issues no refresh token.",
        causes=(
            Cause("The app doesn't have the scope “Perform requests at any time”.", _SET_SCOPES),
            Cause("The app isn't installed in this org, or its users aren't pre-authorized.", _PREAUTHORIZE),
        ),
        sources=(
            "https://github.com/leandrob/node-salesforce-jwt/issues/3",
            "https://github.com/JitendraZaa/OAuthFlows/issues/1",
        ),
    ),
    Entry(
        slug="external-client-app-is-not-installed",
        area=Area.APP,
        words="app_not_found: External client app is not installed in this org",
        patterns=(
            "app_not_found",
            "external client app is not installed",
            "oauth_ec_app_not_found",
        ),
        title="This org doesn't have the External Client App",
        meaning="Salesforce finds an External Client App only in its own org, at the org's My Domain.",
        causes=(
            Cause(
                "{login_url} isn't a My Domain, which External Client Apps require.",
                _MY_DOMAIN_LOGIN,
                only_if=Clue.GENERIC_HOST,
            ),
            Cause(
                "The sandbox refresh didn't copy the app.",
                (
                    ("In the sandbox, open Setup → External Client App Manager, and check whether the app exists."),
                    ("If it doesn't, deploy it from production's metadata or create it, and use its consumer key."),
                ),
            ),
            Cause("The app is in another org.", ("Set `login-url` to the My Domain of the org that has the app.",)),
            _NEW_APP,
        ),
        audience_rank=2,
        propagates=True,
        sources=(
            "https://github.com/n8n-io/n8n/issues/28990",
            "https://github.com/forcedotcom/cli/issues/3482",
        ),
    ),
    Entry(
        slug="inactive-org",
        area=Area.ORG,
        words="inactive_org, or a page “Data Not Available”",
        patterns=(
            "inactive_org",
            "inactive organization",
            "inactive org",
            "data not (available|found)",
        ),
        title="The org isn't active",
        meaning="The org is locked, closed or suspended, or it expired, as trial and scratch orgs do.",
        causes=(
            Cause(
                "The org has expired or was closed.",
                (
                    "Log in to the org in a browser. The login page shows what happened.",
                    "Create a new scratch org, or ask Salesforce Support to reactivate the org.",
                ),
            ),
        ),
        sources=(
            "https://github.com/forcedotcom/sfdx-core/issues/89",
            "https://github.com/forcedotcom/cli/issues/2195",
        ),
    ),
    Entry(
        slug="inactive-user",
        area=Area.USER,
        words="invalid_grant: inactive user",
        patterns=(
            "inactive user",
            "inactive_user",
            "user is not active",
        ),
        title="The user is inactive",
        meaning="Salesforce knows {username}, but the user isn't active.",
        causes=(
            Cause(
                "An administrator deactivated the user.",
                (
                    "Open Setup → Users, then {username}.",
                    "Click Edit, select Active, and save.",
                ),
            ),
            _FROZEN_USER,
        ),
        sources=("https://github.com/restforce/restforce/issues/303",),
    ),
    Entry(
        slug="login-rate-exceeded",
        area=Area.USER,
        words="invalid_grant: login rate exceeded",
        patterns=(
            "login rate exceeded",
            "rate_limit_exceeded",
            "login_rate_exceeded",
        ),
        title="Too many logins",
        meaning="Salesforce allows 3,600 logins an hour for a user.",
        causes=(
            Cause(
                "Many jobs log in as this user at once.",
                (
                    "Wait an hour, then run the job again.",
                    (
                        "Log in once in each job, and use the token in all its steps. Use a separate user "
                        "for each pipeline."
                    ),
                ),
            ),
        ),
        sources=(
            "https://github.com/n8n-io/n8n/issues/31948",
            "https://github.com/forcedotcom/cli/issues/3297",
        ),
    ),
    Entry(
        slug="ip-restricted-or-invalid-login-hours",
        area=Area.USER,
        words="invalid_grant: ip restricted or invalid login hours",
        patterns=("ip restricted or invalid login hours",),
        title="The IP address or the time isn't allowed",
        meaning=(
            "The user's profile limits where logins come from or when, and Salesforce doesn't say which limit applies."
        ),
        causes=(
            Cause(
                "The profile has Login IP Ranges, and the runner isn't in them.",
                (
                    _EDIT_THE_POLICIES,
                    _RELAX_IP,
                    "Or use a runner with a fixed address, and add it to Login IP Ranges in the user's profile.",
                ),
            ),
            Cause(
                "The job runs outside the profile's Login Hours.",
                (
                    "Open Setup → Profiles, then the profile of {username}.",
                    "Under Login Hours, click Edit, and clear them or include the job's hour.",
                ),
            ),
        ),
    ),
    Entry(
        slug="ip-restricted",
        area=Area.USER,
        words="invalid_grant: ip restricted",
        patterns=(
            "ip restricted",
            "ip_restricted",
            "ip address.*(restricted|not allowed)",
        ),
        title="The runner's IP address isn't allowed",
        meaning="The user's profile only allows logins from some IP ranges, and the runner isn't in them.",
        causes=(
            Cause(
                "The profile has Login IP Ranges, and the app enforces them.",
                (
                    _EDIT_THE_POLICIES,
                    _RELAX_IP,
                    (
                        "Or use a runner with a fixed address, and add it to Login IP Ranges in the "
                        "user's profile (Setup → Profiles)."
                    ),
                ),
            ),
        ),
        sources=(
            "https://github.com/singer-io/tap-salesforce/issues/29",
            "https://github.com/forceworkbench/forceworkbench/issues/772",
            "https://github.com/sfdx-actions/setup-sfdx/issues/17",
        ),
    ),
    Entry(
        slug="invalid-login-hours",
        area=Area.USER,
        words="invalid_grant: invalid login hours",
        patterns=(
            "invalid login hours",
            "login hours",
            "restricted_time",
        ),
        title="The user can't log in at this hour",
        meaning="The user's profile has Login Hours that don't include the current time.",
        causes=(
            Cause(
                "The job runs outside the profile's Login Hours.",
                (
                    "Open Setup → Profiles, then the profile of {username}.",
                    "Under Login Hours, click Edit, and clear them or include the job's hour.",
                ),
            ),
        ),
        sources=("https://github.com/gravityplus/Gravity-Forms-Salesforce/issues/272",),
    ),
    Entry(
        slug="unsupported-grant-type",
        area=Area.APP,
        words="unsupported_grant_type: grant type not supported",
        patterns=(
            "unsupported_grant_type",
            "grant type not supported",
        ),
        title="The JWT bearer flow is disabled or wasn't received",
        meaning="Salesforce didn't receive the grant type of the JWT bearer flow, or doesn't support it here.",
        causes=(
            Cause(
                "The JWT bearer flow isn't enabled in the app.",
                (
                    _EDIT_THE_SETTINGS,
                    _ENABLE_THE_FLOW,
                    "Upload the certificate, and save.",
                ),
            ),
            Cause(
                "A proxy changed the request.",
                (
                    (
                        "Add the login host to NO_PROXY, or ask the proxy's administrator to exclude "
                        "{login_url} from inspection."
                    ),
                ),
            ),
        ),
        sources=(
            "https://github.com/aaronhuggins/sf-jwt-token/issues/1",
            "https://github.com/Oyatel/CometD.NET/issues/20",
        ),
    ),
    Entry(
        slug="too-many-scopes-requested",
        area=Area.APP,
        words="too many scopes requested",
        patterns=("too many scopes requested",),
        title="Earlier approvals conflict with the app's scopes",
        meaning="Salesforce adds the scopes of earlier approvals to the app's scopes, and the total is too large.",
        causes=(
            Cause(
                "The app's scopes changed, and approvals from before the change still exist.",
                (
                    "Open Setup → Connected Apps OAuth Usage, and click the app's number of users.",
                    "Click Revoke next to {username}, then run the job again.",
                ),
            ),
        ),
    ),
    Entry(
        slug="no-valid-scopes-defined",
        area=Area.APP,
        words="invalid_grant: no valid scopes defined",
        patterns=(
            "no valid scopes defined",
            "invalid_scope",
        ),
        title="The app has no scopes",
        meaning="The token gets the app's scopes, but the app has none.",
        causes=(Cause("The app has no OAuth scopes, or none that this user can have.", _SET_SCOPES),),
        sources=("https://help.salesforce.com/apex/HTViewHelpDoc?id=xcloud.remoteaccess_oauth_jwt_flow.htm",),
    ),
    Entry(
        slug="request-not-supported-on-this-domain",
        area=Area.ORG,
        words="invalid_grant: request not supported on this domain",
        patterns=(
            "request not supported on this domain",
            "not supported on this domain",
        ),
        title="The org requires logins at its My Domain",
        meaning="The org's My Domain settings don't allow API logins at {login_url}.",
        causes=(Cause("The org prevents logins at login.salesforce.com and test.salesforce.com.", _MY_DOMAIN_LOGIN),),
    ),
    Entry(
        slug="app-is-blocked",
        area=Area.APP,
        words="OAUTH_APP_BLOCKED: this app is blocked by admin",
        patterns=(
            "oauth_app_blocked",
            "app is blocked by admin",
            "blocked by admin",
        ),
        title="The app is blocked",
        meaning="Nobody can use this app in this org.",
        causes=(
            Cause(
                "An administrator blocked the app.",
                (
                    "Open Setup → Connected Apps OAuth Usage, and find the app.",
                    "Click Unblock. If Install is shown, click it too.",
                ),
            ),
            Cause(
                (
                    "The app isn't installed in the org. Since September 2025, Salesforce blocks such "
                    "apps for new users."
                ),
                _INSTALL_THE_APP,
            ),
        ),
        sources=(
            "https://github.com/n8n-io/n8n/issues/21589",
            "https://help.salesforce.com/s/articleView?id=005132365&type=1",
        ),
    ),
    Entry(
        slug="unauthorized-client",
        area=Area.APP,
        words="unauthorized_client",
        patterns=("unauthorized_client",),
        title="The app doesn't allow this flow",
        meaning="The app isn't set up for the JWT bearer flow.",
        causes=(
            Cause(
                "The JWT bearer flow isn't enabled, or no certificate is uploaded.",
                (
                    _EDIT_THE_SETTINGS,
                    _ENABLE_THE_FLOW,
                    "Upload the certificate, and save.",
                ),
            ),
        ),
        sources=(
            "https://help.salesforce.com/apex/HTViewHelpDoc?id=xcloud.meta_configure_oauth_jwt_flow_external_client_apps.htm",
        ),
    ),
    Entry(
        slug="authentication-failure",
        area=Area.USER,
        words="invalid_grant: authentication failure",
        patterns=("authentication failure",),
        title="Salesforce doesn't accept the user",
        meaning="The user doesn't exist here, is frozen or inactive, or can't use the API.",
        causes=(
            Cause("The username is wrong, or the user is frozen, inactive or without API access.", _CHECK_USER),
            _SANDBOX_USERNAME,
            _FROZEN_USER,
        ),
        sources=(
            "https://github.com/jeffdonthemic/amazon-echo-salesforce/issues/3",
            "https://github.com/restforce/restforce/issues/357",
        ),
    ),
    Entry(
        slug="retry-your-request",
        area=Area.NETWORK,
        words="unknown_error: retry your request",
        patterns=(
            "unknown_error",
            "retry your request",
        ),
        title="Salesforce had a temporary failure",
        meaning="Salesforce couldn't process the login in any attempt.",
        causes=(Cause("Salesforce has an incident.", _TRY_LATER),),
        transient=True,
        sources=(
            "https://github.com/amazon-connect/amazon-connect-salesforce-lambda/issues/43",
            "https://github.com/simple-salesforce/simple-salesforce/issues/814",
        ),
    ),
    Entry(
        slug="server-error",
        area=Area.NETWORK,
        words="HTTP 500, 502, 503",
        patterns=(
            "server_error",
            r"http 5\d\d",
        ),
        title="Salesforce isn't available",
        meaning="The login host responded with a server error, as it does during maintenance or before an org is ready.",
        causes=(
            Cause("Salesforce or this org is under maintenance.", _TRY_LATER),
            Cause(
                "The sandbox or scratch org was created a moment ago.",
                ("Wait until Salesforce reports that it is ready, then run the job again.",),
            ),
        ),
        transient=True,
        sources=(
            "https://help.salesforce.com/apex/HTViewSolution?id=000116783&language=en_US",
            "https://github.com/BookingBug/restforcephp/issues/22",
        ),
    ),
    Entry(
        slug="throttled",
        area=Area.NETWORK,
        words="HTTP 408, 425, 429",
        patterns=("http (408|425|429)",),
        title="Salesforce asks the action to wait",
        meaning="This network sent too many requests, or a request took too long.",
        causes=(
            Cause(
                "Many jobs in one network log in at the same time.",
                (
                    "Run the job again later.",
                    "Increase `retries`, or let fewer jobs log in at once.",
                ),
            ),
        ),
        transient=True,
    ),
    Entry(
        slug="redirect",
        area=Area.NETWORK,
        words="HTTP 301, 302, 307, 308",
        patterns=(r"^http 3\d\d",),
        title="The login host redirects logins",
        meaning=(
            "The login host isn't the right one. The action doesn't follow redirects, because the "
            "assertion is for one host."
        ),
        causes=(Cause("The org's My Domain was renamed, or `login-url` is the URL of a page.", _MY_DOMAIN_LOGIN),),
        sources=(
            "https://help.salesforce.com/s/articleView?id=005228480&language=en_US&type=1",
            "https://github.com/ForceCLI/force/pull/645",
        ),
    ),
    Entry(
        slug="session-expired-or-invalid",
        area=Area.ORG,
        words="INVALID_SESSION_ID: Session expired or invalid",
        patterns=(
            "session expired or invalid",
            "bad_oauth_token",
            "invalid_header_type",
        ),
        title="The session has ended",
        meaning="The login succeeded, but the org no longer accepts the token.",
        causes=(
            Cause(
                "Another job or a post step revoked the same session, or the session was ended in Setup.",
                (
                    (
                        "Use a separate user for each pipeline, because Salesforce may give parallel "
                        "logins of one user the same session."
                    ),
                    "Run the job again.",
                ),
            ),
            Cause(
                "The token was sent to another org than the org that issued it.",
                ("Use the instance URL that came with the token.",),
            ),
        ),
    ),
    Entry(
        slug="session-not-valid-for-the-rest-api",
        area=Area.APP,
        words="INVALID_SESSION_ID: This session is not valid for use with the REST API",
        patterns=(
            "invalid_session_id",
            "not valid for use with the rest api",
        ),
        title="The token doesn't work with the API",
        meaning="The login succeeded, but the org's REST API doesn't accept the token.",
        causes=(
            Cause("The app doesn't have the scope api.", _SET_SCOPES),
            Cause("API Access Control is enabled in the org, and the app isn't on its list.", _ALLOW_THE_APP),
            Cause(
                "The user's profile requires a high-assurance session, which this flow can't create.",
                (
                    "Open Setup → Profiles, then the profile of {username}.",
                    "Set Session Security Level Required at Login to None.",
                ),
            ),
            Cause(
                "The session is locked to an IP address, or the app enforces IP ranges.",
                (
                    _EDIT_THE_POLICIES,
                    _RELAX_IP,
                    (
                        "Open Setup → Session Settings, and clear “Lock sessions to the IP address from "
                        "which they originated”."
                    ),
                ),
            ),
        ),
        sources=(
            "https://github.com/dufoli/Salesforce-Inspector-Advanced/issues/244",
            "https://github.com/forcedotcom/b2b-commerce-on-lightning-quickstart/pull/56",
            "https://github.com/NangoHQ/nango/issues/4344",
            "https://github.com/jsforce/jsforce/pull/1301",
        ),
    ),
    Entry(
        slug="request-limit-exceeded",
        area=Area.ORG,
        words="REQUEST_LIMIT_EXCEEDED",
        patterns=("request_limit_exceeded",),
        title="The org's API limit is used up",
        meaning="The login succeeded, but the org has no API requests left, or too many run at once.",
        causes=(
            Cause(
                "The org used all its API requests of the last 24 hours.",
                (
                    "Open Setup → Company Information, and check API Requests, Last 24 Hours.",
                    "Wait, or buy API requests. The login itself doesn't need them: remove `verify`.",
                ),
            ),
            Cause(
                "Too many long API requests run at the same time.",
                ("Run the job again later, or let fewer jobs run at once.",),
            ),
        ),
    ),
    Entry(
        slug="api-disabled",
        area=Area.USER,
        words="API_DISABLED_FOR_ORG",
        patterns=(
            "api_disabled_for_org",
            "api_currently_disabled",
        ),
        title="The org or the user has no API access",
        meaning="The login succeeded, but the API isn't enabled for this user or this edition of Salesforce.",
        causes=(
            Cause(
                "The user's profile lacks the permission API Enabled, or the edition has no API.",
                (
                    "Open Setup → Users, then {username}, then the profile or a permission set.",
                    "Under System Permissions, select API Enabled.",
                    "Professional Edition needs API access as an add-on. Ask your account executive.",
                ),
            ),
        ),
        sources=("https://github.com/restforce/restforce/issues/219",),
    ),
)
