"""The catalog of refusals: causes, fixes, and whether another attempt may help. Data, not code.

An entry names where it was seen and solved in public. Menu names are those of Setup in Lightning Experience. In the
texts, `{username}`, `{login_url}` and `{consumer_key}` stand for those of the login.
"""

from __future__ import annotations

from sfjwt_action.refusals.model import Cause, Clue, Entry

_OPEN_THE_APP = "In Setup, open External Client App Manager (for a Connected App: Manage Connected Apps), then the app."
_OPEN_THE_SETTINGS = (
    "In Setup, open External Client App Manager (for a Connected App: App Manager, then Edit), then the app."
)
_ENABLE_THE_FLOW = (
    "Under Settings, OAuth Settings, Flow Enablement, tick Enable JWT Bearer Flow (Connected App: tick Use digital "
    "signatures)."
)
_PREAUTHORISE = (
    _OPEN_THE_APP,
    (
        "Under Policies, OAuth Policies (Connected App: Edit Policies), set Permitted Users to “Admin approved users are "
        "pre-authorized”, and save."
    ),
    (
        "Under Policies, App Policies (Connected App: Manage Profiles or Manage Permission Sets), add the profile of "
        "{username}, or a permission set that this user has."
    ),
)
_WAIT = "Wait 10 minutes, then run the job again."
_SANDBOX_LOGIN = (
    "Set `login-url` to `sandbox`, or to the sandbox's My Domain, such as acme--uat.sandbox.my.salesforce.com.",
)
_USER_OF_ANOTHER_KIND_OF_ORG = (
    Cause(
        "{username} looks like a sandbox's user, and {login_url} knows production's users only.",
        _SANDBOX_LOGIN,
        only_if=Clue.SANDBOX_USERNAME,
    ),
    Cause(
        "{username} looks like production's user, and {login_url} knows sandboxes' users only.",
        ("Set `login-url` to `production`, or put the sandbox's name after the username, as in ci@acme.example.uat.",),
        only_if=Clue.PRODUCTION_USERNAME,
    ),
)
_MY_DOMAIN_LOGIN = (
    "In Setup, open My Domain, and copy the Current My Domain URL.",
    "Set `login-url` to it, and leave `audience` out.",
)
_CHECK_USER = (
    "In Setup, open Users, and search for {username}: all of it, with the suffix of a sandbox's username.",
    "If it is not there, correct `username`, or `login-url` if the user is in another org.",
    "If Active is not ticked, edit the user and tick it; if the button Unfreeze is shown, click it.",
    "On the user's profile or a permission set, tick API Enabled.",
)
_SET_SCOPES = (
    _OPEN_THE_SETTINGS,
    (
        "Under Settings, OAuth Settings, have “Manage user data via APIs (api)” and “Perform requests at any time "
        "(refresh_token, offline_access)” among the selected OAuth scopes, and save."
    ),
    _WAIT,
)
_RENEW_CERTIFICATE = (
    (
        "Make a new key and certificate: `openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 365 -keyout server.key "
        "-out server.crt`."
    ),
    "Upload server.crt to the app, and put server.key before the old key in the secret.",
)
_TRY_LATER = ("Look at status.salesforce.com for the org's instance.", "Run the job again later.")

CATALOG: tuple[Entry, ...] = (
    Entry(
        slug="user-has-not-approved-this-consumer",
        words="invalid_grant: user hasn't approved this consumer",
        patterns=("user hasn't approved this consumer",),
        title="The user is not pre-authorised for the app",
        meaning="Salesforce knows the app, but not that this user may use it without being asked.",
        causes=(
            Cause("Neither the user's profile nor a permission set of the user is assigned to the app.", _PREAUTHORISE),
            *_USER_OF_ANOTHER_KIND_OF_ORG,
            Cause(
                "The permission set that is assigned to the app comes from the licence “Salesforce API Integration”, "
                "which cannot hold an app.",
                (
                    "In Setup, open Permission Sets, and make a new one with the licence --None--.",
                    "Assign it to {username}, and to the app in place of the other; or assign the user's profile to the app.",
                ),
            ),
            Cause("The app or the sandbox is new, and not known everywhere yet.", (_WAIT,)),
        ),
        audience_rank=1,
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
        words="invalid_app_access: user is not admin approved to access this app",
        patterns=("not admin approved to access this app", "invalid_app_access", "oauth_app_access_denied"),
        title="The user is not assigned to the app",
        meaning="The app is for users whom an administrator approved, and this user is not among them.",
        causes=(
            Cause("Neither the user's profile nor a permission set of the user is assigned to the app.", _PREAUTHORISE),
            Cause(
                "API Access Control is on in the org, and the app is not on its list.",
                (
                    "In Setup, open API Access Control, and see whether API access is limited to allowlisted apps.",
                    "If it is, install the app (Connected Apps OAuth Usage, Install), and assign it as above.",
                ),
            ),
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
        words="invalid_client_id: client identifier invalid",
        patterns=("client identifier invalid", "invalid_client_id"),
        title="No app has this consumer key here",
        meaning="{login_url} knows no app with the consumer key {consumer_key}.",
        causes=(
            Cause(
                "`consumer-key` is not the app's consumer key.",
                (
                    _OPEN_THE_SETTINGS,
                    (
                        "Under Settings, OAuth Settings, click Consumer Key and Secret, and copy the consumer key: not the "
                        "secret, and without white space."
                    ),
                    "Put it into the secret that `consumer-key` is set from.",
                ),
            ),
            Cause(
                "The app is in another org, or {login_url} does not know the org that it is in.",
                _MY_DOMAIN_LOGIN,
            ),
            Cause("The app was made a few minutes ago.", (_WAIT,)),
        ),
        sources=(
            "https://github.com/pozil/salesforce-react-integration/issues/15",
            "https://github.com/omniphx/forrest/issues/184",
        ),
    ),
    Entry(
        slug="app-must-be-installed-into-org",
        words="invalid_client: app must be installed into org",
        patterns=("app must be installed into org", "invalid client credentials", r"invalid_client\b"),
        title="The app is not installed in this org",
        meaning="The app belongs to another org, and this org does not have it.",
        causes=(
            Cause(
                "The app was made in another org, and never installed in this one.",
                (
                    (
                        "In Setup of the user's org, open Connected Apps OAuth Usage (or External Client Apps OAuth Usage), find the app, and click Install; or "
                        "make an External Client App in that org."
                    ),
                    "Pre-authorise {username} for it, as for any app.",
                ),
            ),
            Cause("`login-url` leads to another org than the app's.", _MY_DOMAIN_LOGIN),
        ),
        sources=(
            "https://help.salesforce.com/s/articleView?id=005132365&type=1",
            "https://docs.movedata.io/troubleshooting/connection-and-authentication/salesforce-connected-app-usage-restrictions/",
            "https://github.com/restforce/restforce/issues/338",
        ),
    ),
    Entry(
        slug="invalid-assertion",
        words="invalid_grant: invalid assertion",
        patterns=("invalid assertion",),
        title="Salesforce does not accept the signature",
        meaning="The app's certificate does not verify the assertion, or the assertion is too old, or not new.",
        causes=(
            Cause(
                "The private key does not belong to the certificate that is uploaded to the app.",
                (
                    _OPEN_THE_SETTINGS,
                    _ENABLE_THE_FLOW,
                    "Upload the certificate that was made together with this private key, and save.",
                    (
                        "Give that certificate in the input `certificate` too: then a key of another pair is found before "
                        "anything is sent."
                    ),
                ),
                unless=Clue.CERTIFICATE_MATCHES,
            ),
            Cause(
                "This machine's clock is off, so that the assertion's time is not Salesforce's.",
                ("Set the clock: on a self-hosted runner, start its time service (NTP).",),
                unless=Clue.CLOCK_RIGHT,
            ),
            Cause(
                "The key and the certificate that were given belong together, so the app holds another certificate.",
                (
                    _OPEN_THE_SETTINGS,
                    _ENABLE_THE_FLOW,
                    "Upload the certificate that is given in the input `certificate`, and save.",
                    _WAIT,
                ),
                only_if=Clue.CERTIFICATE_MATCHES,
            ),
            Cause("The certificate has expired.", _RENEW_CERTIFICATE, only_if=Clue.CERTIFICATE_EXPIRED),
            Cause(
                "The certificate that is uploaded to the app has expired.",
                _RENEW_CERTIFICATE,
                unless=Clue.CERTIFICATE_EXPIRED,
            ),
        ),
        wrong_key=True,
        clock_skew=True,
        sources=(
            "https://github.com/frankkessler/salesforce-laravel-oauth2-rest/issues/68",
            "https://github.com/forcedotcom/sfdx-travisci/issues/135",
            "https://github.com/forcedotcom/cli/issues/217",
        ),
    ),
    Entry(
        slug="audience-is-invalid",
        words="invalid_grant: audience is invalid",
        patterns=("audience is invalid", "audience validation failed", "invalid audience"),
        title="Audience and login host do not fit",
        meaning="The assertion was made for another host (`aud`) than the one that this app wants to see there.",
        causes=(
            Cause("An External Client App wants its My Domain, both to log in at and as audience.", _MY_DOMAIN_LOGIN),
            Cause(
                "The input `audience` names the wrong host.",
                ("Leave `audience` out: the ones that fit {login_url} are then tried in turn.",),
                only_if=Clue.OWN_AUDIENCE,
            ),
            *_USER_OF_ANOTHER_KIND_OF_ORG,
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
        words="invalid_grant: expired authorization code",
        patterns=("expired authorization code", "expired assertion", "assertion.*expired"),
        title="The assertion is too old",
        meaning="By Salesforce's clock, the assertion's time (`exp`) is over.",
        causes=(
            Cause(
                "This machine's clock is behind.",
                ("Set the clock: on a self-hosted runner, start its time service (NTP).",),
                unless=Clue.CLOCK_RIGHT,
            ),
            Cause(
                "The assertion was on its way for too long, through a slow network or proxy.",
                ("Set `assertion-lifetime` to 300.",),
            ),
        ),
        clock_skew=True,
        sources=(
            "https://github.com/simple-salesforce/simple-salesforce/issues/491",
            "https://github.com/simple-salesforce/simple-salesforce/issues/371",
        ),
    ),
    Entry(
        slug="refresh-token-scope-is-required",
        words="invalid_request: refresh_token scope is required",
        patterns=("refresh_token scope is required", "connected app should be installed and preauthorized"),
        title="The app lacks a scope, or the pre-authorisation",
        meaning="Salesforce wants the scope refresh_token for this flow, although the flow gives no refresh token.",
        causes=(
            Cause("The app does not have the scope “Perform requests at any time”.", _SET_SCOPES),
            Cause("The app is not installed in this org, or its users are not pre-authorised.", _PREAUTHORISE),
        ),
        sources=(
            "https://github.com/leandrob/node-salesforce-jwt/issues/3",
            "https://github.com/JitendraZaa/OAuthFlows/issues/1",
        ),
    ),
    Entry(
        slug="external-client-app-is-not-installed",
        words="app_not_found: External client app is not installed in this org",
        patterns=("app_not_found", "external client app is not installed", "oauth_ec_app_not_found"),
        title="This org does not find the External Client App",
        meaning="An External Client App is known only in its own org, and only by the org's My Domain.",
        causes=(
            Cause(
                "{login_url} is not the org's My Domain, and External Client Apps want My Domain.",
                _MY_DOMAIN_LOGIN,
                only_if=Clue.GENERIC_HOST,
            ),
            Cause(
                "The app was not copied into this sandbox when it was refreshed.",
                (
                    "In Setup of the sandbox, open External Client App Manager, and see whether the app is there.",
                    "If it is not, deploy it from production's metadata, or make it anew, and take its consumer key.",
                ),
            ),
            Cause(
                "The app lives in another org.",
                ("Set `login-url` to the My Domain of the org in which the app was made.",),
            ),
            Cause("The app or the sandbox is new, and not known everywhere yet.", (_WAIT,)),
        ),
        audience_rank=2,
        sources=(
            "https://github.com/n8n-io/n8n/issues/28990",
            "https://github.com/forcedotcom/cli/issues/3482",
        ),
    ),
    Entry(
        slug="inactive-org",
        words="inactive_org, or a page “Data Not Available”",
        patterns=("inactive_org", "inactive organization", "inactive org", "data not (available|found)"),
        title="The org is not active",
        meaning="The org is locked, closed, suspended or has expired, as trial and scratch orgs do.",
        causes=(
            Cause(
                "The org has expired, or was closed.",
                (
                    "Log in to the org in a browser: its login page says what happened.",
                    "Make a new scratch org, or ask Salesforce Support to open the org again.",
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
        words="invalid_grant: inactive user",
        patterns=("inactive user", "inactive_user", "user is not active"),
        title="The user is deactivated",
        meaning="Salesforce knows {username}, and the user is not active.",
        causes=(
            Cause(
                "The user was deactivated.",
                ("In Setup, open Users, then {username}.", "Click Edit, tick Active, and save."),
            ),
        ),
        sources=("https://github.com/restforce/restforce/issues/303",),
    ),
    Entry(
        slug="login-rate-exceeded",
        words="invalid_grant: login rate exceeded",
        patterns=("login rate exceeded", "rate_limit_exceeded", "login_rate_exceeded"),
        title="Too many logins",
        meaning="Salesforce lets a user log in 3,600 times an hour.",
        causes=(
            Cause(
                "Many jobs log in as this user at once.",
                (
                    "Wait an hour, then run the job again.",
                    "Log in once a job and use the token in all its steps; give each pipeline a user of its own.",
                ),
            ),
        ),
        sources=(
            "https://github.com/n8n-io/n8n/issues/31948",
            "https://github.com/forcedotcom/cli/issues/3297",
        ),
    ),
    Entry(
        slug="ip-restricted",
        words="invalid_grant: ip restricted",
        patterns=("ip restricted", "ip_restricted", "ip address.*(restricted|not allowed)"),
        title="The runner's IP address is not allowed",
        meaning="The user's profile lets logins come from some IP ranges only, and the runner is not in them.",
        causes=(
            Cause(
                "The profile has Login IP Ranges, and the app enforces them.",
                (
                    _OPEN_THE_APP,
                    (
                        "Under Policies, OAuth Policies (Connected App: Edit Policies), set IP Relaxation to “Relax IP "
                        "restrictions”, and save."
                    ),
                    (
                        "Or let the runner come from a fixed address, and add it under Setup, Profiles, the profile, Login "
                        "IP Ranges."
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
        words="invalid_grant: invalid login hours",
        patterns=("invalid login hours", "login hours", "restricted_time"),
        title="The user may not log in at this hour",
        meaning="The user's profile has Login Hours, and now is outside them.",
        causes=(
            Cause(
                "The job runs outside the profile's Login Hours.",
                (
                    "In Setup, open Profiles, then the profile of {username}.",
                    "Under Login Hours, click Edit, and clear them or let them include the job's hour.",
                ),
            ),
        ),
        sources=("https://github.com/gravityplus/Gravity-Forms-Salesforce/issues/272",),
    ),
    Entry(
        slug="unsupported-grant-type",
        words="unsupported_grant_type: grant type not supported",
        patterns=("unsupported_grant_type", "grant type not supported"),
        title="The JWT bearer flow did not arrive, or is off",
        meaning="Salesforce did not see the grant type of the JWT bearer flow, or does not offer it here.",
        causes=(
            Cause(
                "The JWT bearer flow is not enabled in the app.",
                (
                    _OPEN_THE_SETTINGS,
                    _ENABLE_THE_FLOW,
                    "Upload the certificate, and save.",
                ),
            ),
            Cause(
                "A proxy on the way changed the request.",
                ("Add the login host to NO_PROXY, or have the proxy leave {login_url} alone.",),
            ),
        ),
        sources=(
            "https://github.com/aaronhuggins/sf-jwt-token/issues/1",
            "https://github.com/Oyatel/CometD.NET/issues/20",
        ),
    ),
    Entry(
        slug="too-many-scopes-requested",
        words="too many scopes requested",
        patterns=("too many scopes requested",),
        title="Old approvals are in the way",
        meaning="Salesforce adds the scopes of earlier approvals to the app's, and the sum is too large.",
        causes=(
            Cause(
                "Approvals from before a change of the app's scopes are still there.",
                (
                    "In Setup, open Connected Apps OAuth Usage, then the number of users of the app.",
                    "Click Revoke beside {username}, then run the job again.",
                ),
            ),
        ),
    ),
    Entry(
        slug="no-valid-scopes-defined",
        words="invalid_grant: no valid scopes defined",
        patterns=("no valid scopes defined", "invalid_scope"),
        title="The app has no scopes",
        meaning="Salesforce has no scope to give: this flow cannot ask for any, it takes the app's.",
        causes=(Cause("The app has no OAuth scopes, or none that this user may have.", _SET_SCOPES),),
        sources=("https://help.salesforce.com/apex/HTViewHelpDoc?id=xcloud.remoteaccess_oauth_jwt_flow.htm",),
    ),
    Entry(
        slug="request-not-supported-on-this-domain",
        words="invalid_grant: request not supported on this domain",
        patterns=("request not supported on this domain", "not supported on this domain"),
        title="The org wants logins at its My Domain",
        meaning="The org's My Domain does not let API logins go through {login_url}.",
        causes=(Cause("My Domain prevents logins from the generic hosts.", _MY_DOMAIN_LOGIN),),
    ),
    Entry(
        slug="app-is-blocked",
        words="OAUTH_APP_BLOCKED: this app is blocked by admin",
        patterns=("oauth_app_blocked", "app is blocked by admin", "blocked by admin"),
        title="An administrator blocked the app",
        meaning="The org does not let anyone use this app.",
        causes=(
            Cause(
                "The app is blocked.",
                (
                    "In Setup, open Connected Apps OAuth Usage, and find the app.",
                    "Click Unblock, then Install if it is offered.",
                ),
            ),
            Cause(
                "The app is not installed in the org: since September 2025 Salesforce lets nobody new use such an app.",
                (
                    "In Setup, open Connected Apps OAuth Usage, find the app, and click Install.",
                    "Pre-authorise {username} for it, as for any app.",
                ),
            ),
        ),
        sources=(
            "https://github.com/n8n-io/n8n/issues/21589",
            "https://help.salesforce.com/s/articleView?id=005132365&type=1",
        ),
    ),
    Entry(
        slug="unauthorized-client",
        words="unauthorized_client",
        patterns=("unauthorized_client",),
        title="The app does not allow this flow",
        meaning="The app is not set up for the JWT bearer flow.",
        causes=(
            Cause(
                "The JWT bearer flow is not enabled, or no certificate is uploaded.",
                (
                    _OPEN_THE_SETTINGS,
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
        words="invalid_grant: authentication failure",
        patterns=("authentication failure",),
        title="Salesforce does not let this user in",
        meaning="There is no user with this name here, or the user is frozen, inactive, or may not use the API.",
        causes=(
            Cause("The username is wrong, or the user is frozen, inactive, or without API access.", _CHECK_USER),
            Cause(
                "{username} looks like a sandbox's user, and {login_url} knows production's users only.",
                _SANDBOX_LOGIN,
                only_if=Clue.SANDBOX_USERNAME,
            ),
        ),
        sources=(
            "https://github.com/jeffdonthemic/amazon-echo-salesforce/issues/3",
            "https://github.com/restforce/restforce/issues/357",
        ),
    ),
    Entry(
        slug="retry-your-request",
        words="unknown_error: retry your request",
        patterns=("unknown_error", "retry your request"),
        title="Salesforce failed, and asks to be asked again",
        meaning="A passing failure of Salesforce's, which went on through all attempts.",
        causes=(Cause("Salesforce has a problem.", _TRY_LATER),),
        transient=True,
        sources=(
            "https://github.com/amazon-connect/amazon-connect-salesforce-lambda/issues/43",
            "https://github.com/simple-salesforce/simple-salesforce/issues/814",
        ),
    ),
    Entry(
        slug="server-error",
        words="HTTP 500, 502, 503",
        patterns=("server_error", r"http 5\d\d"),
        title="Salesforce is not available",
        meaning="The login host answers with an error of its own: maintenance, or an org that is not ready yet.",
        causes=(
            Cause("Salesforce or this org is under maintenance.", _TRY_LATER),
            Cause(
                "The sandbox or scratch org was made a moment ago.",
                ("Wait until its creation is reported complete, then run the job again.",),
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
        words="HTTP 429",
        patterns=(r"http 429",),
        title="Salesforce asks to wait",
        meaning="Too many requests came from here in a short time.",
        causes=(
            Cause(
                "Many jobs of one network log in at the same moment.",
                ("Run the job again later.", "Set `retries` higher, or let fewer jobs log in at once."),
            ),
        ),
        transient=True,
    ),
    Entry(
        slug="redirect",
        words="HTTP 301, 302, 307, 308",
        patterns=(r"^http 3\d\d",),
        title="The login host sends logins elsewhere",
        meaning="It is not the host to log in at; the assertion is never sent on, since it is meant for one host.",
        causes=(
            Cause(
                "The org's My Domain was renamed, or the login URL is that of a page.",
                _MY_DOMAIN_LOGIN,
            ),
        ),
        sources=(
            "https://help.salesforce.com/s/articleView?id=005228480&language=en_US&type=1",
            "https://github.com/ForceCLI/force/pull/645",
        ),
    ),
    Entry(
        slug="session-not-valid-for-the-rest-api",
        words="INVALID_SESSION_ID: This session is not valid for use with the REST API",
        patterns=("invalid_session_id", "not valid for use with the rest api"),
        title="The token is not good for the API",
        meaning="The login succeeded, but the org's REST API does not take the token.",
        causes=(
            Cause("The app does not have the scope api.", _SET_SCOPES),
            Cause(
                "API Access Control is on in the org, and the app is not on its list.",
                (
                    "In Setup, open API Access Control, and see whether API access is limited to allowlisted apps.",
                    "If it is, allow the app, or assign it to the user by profile or permission set.",
                ),
            ),
            Cause(
                "The user's profile demands a session of high assurance, which this flow cannot give.",
                (
                    "In Setup, open Profiles, then the profile of {username}.",
                    "Set Session Security Level Required at Login to None.",
                ),
            ),
            Cause(
                "The session is bound to an IP address, or the app enforces IP ranges.",
                (
                    _OPEN_THE_APP,
                    "Under Policies, OAuth Policies (Connected App: Edit Policies), set IP Relaxation to “Relax IP restrictions”, and save.",
                    "In Setup, open Session Settings: “Lock sessions to the IP address from which they originated” must not be ticked.",
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
        slug="api-disabled",
        words="API_DISABLED_FOR_ORG",
        patterns=("api_disabled_for_org", "api_currently_disabled"),
        title="The org or the user has no API access",
        meaning="The login succeeded, but the API is not enabled for this user or this edition of Salesforce.",
        causes=(
            Cause(
                "The user's profile lacks the permission API Enabled, or the edition has no API.",
                (
                    "In Setup, open Users, then {username}, then the profile or a permission set.",
                    "Under System Permissions, tick API Enabled.",
                    "Professional Edition needs API access as an add-on: ask your account executive.",
                ),
            ),
        ),
        sources=("https://github.com/restforce/restforce/issues/219",),
    ),
)
