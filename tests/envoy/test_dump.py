"""Reading dumps: the shapes that a live test cannot easily make Envoy show."""

from __future__ import annotations

from gossamer.envoy.dump import (
    endpoint_rows,
    extension_rows,
    listener_rows,
    route_rows,
    secret_rows,
)

PREFIX = "type.googleapis.com/envoy.admin.v3"


def test_an_empty_dump_is_no_rows() -> None:
    """A proxy that holds nothing yet is shown as holding nothing."""
    assert (listener_rows({}), route_rows({}), endpoint_rows({}), secret_rows({}, {})) == (
        [],
        [],
        [],
        [],
    )


def test_a_rejected_listener_shows_its_error() -> None:
    """What Envoy refused is on the row, beside what it still runs."""
    error = {"details": "duplicate filter chain"}
    dump = {
        "configs": [
            {
                "@type": f"{PREFIX}.ListenersConfigDump",
                "dynamic_listeners": [
                    {"name": "new", "error_state": error},
                    {
                        "name": "old",
                        "active_state": {"version_info": "7", "listener": {}},
                        "error_state": error,
                    },
                ],
            }
        ]
    }
    new, old = listener_rows(dump)
    assert (new["state"], new["error"]) == ("error", "duplicate filter chain")
    assert (old["state"], old["version"], old["error"]) == ("active", "7", error["details"])


def test_weighted_routes_show_their_parts() -> None:
    """A canary's split can be read off the row."""
    parts = [{"name": "v1", "weight": 90}, {"name": "v2", "weight": 10}]
    routes = [
        {"match": {"path": "/x"}, "route": {"weighted_clusters": {"clusters": parts}}},
        {"match": {"safe_regex": {"regex": "/y.*"}}, "redirect": {}},
        {"match": {"path_separated_prefix": "/z"}, "route": {"cluster": "z"}},
    ]
    host = {"name": "web", "domains": ["web"], "routes": routes}
    config = {"name": "80", "virtual_hosts": [host]}
    dump = {
        "configs": [
            {
                "@type": f"{PREFIX}.RoutesConfigDump",
                "dynamic_route_configs": [{"version_info": "3", "route_config": config}],
            }
        ]
    }
    [row] = route_rows(dump)
    assert row["routes"] == [
        {"match": "path /x", "to": "v1 90, v2 10"},
        {"match": "regex /y.*", "to": "redirect"},
        {"match": "path_separated_prefix /z", "to": "z"},
    ]


def test_secrets_show_when_they_end_and_never_a_key() -> None:
    """A certificate's end is on its row; roots are told apart from certificates."""
    dump = {
        "configs": [
            {
                "@type": f"{PREFIX}.SecretsConfigDump",
                "dynamic_active_secrets": [
                    {
                        "name": "default",
                        "version_info": "1",
                        "secret": {"tls_certificate": {"private_key": {"inline_bytes": "x"}}},
                    },
                    {"name": "inbound-roots", "secret": {"validation_context": {}}},
                ],
            }
        ]
    }
    certificates = {
        "certificates": [
            {"cert_chain": [{"expiration_time": "2030"}], "ca_cert": [{"expiration_time": "2040"}]}
        ]
    }
    default, roots = secret_rows(dump, certificates)
    assert (default["kind"], default["expires"]) == ("certificate", "2030")
    assert (roots["kind"], roots["expires"]) == ("roots", "2040")
    assert "private_key" not in str(default)


def test_unhealthy_hosts_say_why() -> None:
    """An ejected host is not shown as healthy because EDS said so."""
    status = {"eds_health_status": "HEALTHY", "failed_outlier_check": True}
    address = {"socket_address": {"address": "fd00::7", "port_value": 80}}
    host = {"address": address, "health_status": status, "stats": [{"name": "rq_total"}]}
    [row] = endpoint_rows({"cluster_statuses": [{"name": "web", "host_statuses": [host]}]})
    assert (row["address"], row["health"]) == ("[fd00::7]:80", "failed_outlier_check")


def test_a_refused_filter_shows_what_it_runs_and_why_not_the_other() -> None:
    """A discovered filter's row has layer and filter, and Envoy's reason where there is one."""
    url = "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC"
    extension = {"name": "server|x|http", "typed_config": {"@type": url}}
    entry = {
        "version_info": "7",
        "ecds_filter": extension,
        "error_state": {"details": "no such field"},
    }
    dump = {"configs": [{"@type": f"{PREFIX}.EcdsConfigDump", "ecds_filters": [entry]}]}
    (row,) = extension_rows(dump)
    assert (row["name"], row["type"], row["version"]) == ("server|x|http", "http.rbac", "7")
    assert row["error"] == "no such field"
