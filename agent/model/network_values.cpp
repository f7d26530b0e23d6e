// SPDX-License-Identifier: GPL-3.0-or-later
#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "agent/model/text.hpp"
#include "agent/model/value_checks.hpp"

namespace agent::model {
namespace {

constexpr std::uint64_t kLargestPort = 65535;

bool is_ip_of(int family, std::string_view text) {
    std::array<unsigned char, sizeof(in6_addr)> address{};
    return inet_pton(family, std::string(text).c_str(), address.data()) == 1;
}

/// inet_pton() would stop at a NUL.
bool is_ip(std::string_view text) {
    return has_only_alphanumeric_and(text, ".:") &&
           (is_ip_of(AF_INET, text) || is_ip_of(AF_INET6, text));
}

bool is_network_name(std::string_view text) {
    return !text.empty() && is_alphanumeric(text.front()) && has_only_alphanumeric_and(text, "_.-");
}

bool is_network_option(char c) {
    return is_alphanumeric(c) || std::string_view("=,.:_/-[]").find(c) != std::string_view::npos;
}

/// How many ports `8080` or `8080-8090` names, 0 when it is neither.
std::uint64_t count_ports(std::string_view text) {
    const auto ends = split(text, '-');
    if (ends.size() > 2) return 0;
    const auto first = parse_decimal(ends.front(), kLargestPort);
    const auto last = parse_decimal(ends.back(), kLargestPort);
    if (!first || !last || *first == 0 || *last < *first) return 0;
    return *last - *first + 1;
}

/// Takes `IP:` or `[IP]:` from the front; false when what stands there is no address.
bool take_host_ip(std::string_view& text) {
    if (text.starts_with('[')) {
        const auto end = text.find("]:");
        if (end == std::string_view::npos || !is_ip_of(AF_INET6, text.substr(1, end - 1)))
            return false;
        text.remove_prefix(end + 2);
        return true;
    }
    if (std::count(text.begin(), text.end(), ':') < 2) return true;
    const auto end = text.find(':');
    if (!is_ip_of(AF_INET, text.substr(0, end))) return false;
    text.remove_prefix(end + 1);
    return true;
}

}  // namespace

Verdict check_network(std::string_view network) {
    const auto colon = network.find(':');
    const auto mode = network.substr(0, colon);
    if (colon != std::string_view::npos && (mode == "container" || mode == "ns"))
        return Complaint{"\"" + std::string(mode) +
                             ":\" joins a network that another process may take away at any time, "
                             "and systemd does not see it",
                         "use host, or a podman network that both containers name"};
    const auto refuse = Complaint{in_quotes(network) + " is not a network",
                                  "write host, none, bridge, private, or the name of a podman "
                                  "network"};
    if (!is_network_name(mode)) return refuse;
    if (colon == std::string_view::npos) return std::nullopt;
    const auto options = network.substr(colon + 1);
    if (mode == "host" || mode == "none" || mode == "private" || options.empty() ||
        !std::all_of(options.begin(), options.end(), is_network_option))
        return refuse;
    return std::nullopt;
}

Verdict check_port(std::string_view port) {
    const auto refuse = [port](const std::string& why) {
        return Complaint{in_quotes(port) + " cannot be published: " + why,
                         "write it as in \"8080:80\", \"127.0.0.1:8080:80/tcp\" or "
                         "\"5000-5010:5000-5010/udp\""};
    };
    auto rest = port;
    if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
        const auto protocol = rest.substr(slash + 1);
        if (protocol != "tcp" && protocol != "udp" && protocol != "sctp")
            return refuse("the protocol is not tcp, udp or sctp");
        rest = rest.substr(0, slash);
    }
    if (!take_host_ip(rest)) return refuse("the host's address is not an IP address");
    const auto colon = rest.find(':');
    const auto inside =
        count_ports(colon == std::string_view::npos ? rest : rest.substr(colon + 1));
    if (inside == 0) return refuse("a port is a number from 1 to 65535 or a range of them");
    // Without a number, podman chooses a free port of the host.
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    const auto outside = count_ports(rest.substr(0, colon));
    if (outside == 0) return refuse("a port is a number from 1 to 65535 or a range of them");
    if (outside != inside) return refuse("the two ranges have different lengths");
    return std::nullopt;
}

Verdict check_add_host(std::string_view host) {
    const auto colon = host.find(':');
    const auto name = host.substr(0, colon);
    if (colon != std::string_view::npos && !name.empty() &&
        has_only_alphanumeric_and(name, "_.-") && is_ip(host.substr(colon + 1)))
        return std::nullopt;
    return Complaint{in_quotes(host) + " is not a host name with an address",
                     "write it as in \"broker:192.0.2.7\""};
}

Verdict check_dns(std::string_view address) {
    if (address == "none" || is_ip(address)) return std::nullopt;
    return Complaint{in_quotes(address) + " is not an IP address",
                     "write the address of a name server, or \"none\" alone"};
}

}  // namespace agent::model
