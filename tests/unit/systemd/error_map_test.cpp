// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/systemd/error_map.hpp"

#include <cerrno>

#include "tests/unit/catch.hpp"

using agent::model::ErrorCode;
using agent::systemd::bus_error;

TEST_CASE("What systemd's errors mean") {
    struct Row {
        std::string name;
        int error_number;
        ErrorCode code;
    };
    const auto row = GENERATE(values<Row>({
        {"org.freedesktop.systemd1.NoSuchUnit", ENOENT, ErrorCode::not_found},
        {"org.freedesktop.DBus.Error.FileNotFound", ENOENT, ErrorCode::not_found},
        {"org.freedesktop.DBus.Error.AccessDenied", EACCES, ErrorCode::not_permitted},
        {"org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", EACCES,
         ErrorCode::not_permitted},
        {"org.freedesktop.systemd1.UnitMasked", ERFKILL, ErrorCode::conflict},
        {"org.freedesktop.systemd1.UnitInactive", EHOSTDOWN, ErrorCode::conflict},
        {"org.freedesktop.systemd1.UnitBusy", EBUSY, ErrorCode::busy},
        {"org.freedesktop.DBus.Error.NotSupported", EOPNOTSUPP, ErrorCode::conflict},
        {"org.freedesktop.systemd1.TransactionIsDestructive", EDEADLK, ErrorCode::conflict},
        {"org.freedesktop.systemd1.OnlyByDependency", EINVAL, ErrorCode::conflict},
        {"org.freedesktop.systemd1.BadUnitSetting", EBADMSG, ErrorCode::invalid},
        {"System.Error.ENOSPC", ENOSPC, ErrorCode::no_space},
        {"System.Error.EROFS", EROFS, ErrorCode::not_permitted},
        {"org.freedesktop.DBus.Error.Failed", EIO, ErrorCode::internal},
        {"", ECONNREFUSED, ErrorCode::internal},
    }));
    const auto error =
        bus_error("StartUnit x.service", row.name, "text of systemd", row.error_number);
    CHECK(error.code() == row.code);
    CHECK(error.text() == "StartUnit x.service: text of systemd");
}

TEST_CASE("Where there is no text of systemd, the errno is told") {
    const auto error = bus_error("cannot reach systemd", {}, {}, ECONNREFUSED);
    CHECK(error.text() == "cannot reach systemd: Connection refused");
}

TEST_CASE("A systemd that does not answer is no answer, whoever noticed it") {
    struct Row {
        std::string name;
        int error_number;
    };
    const auto row = GENERATE(values<Row>({
        {"org.freedesktop.DBus.Error.NoReply", ETIMEDOUT},
        {"org.freedesktop.DBus.Error.Timeout", ETIMEDOUT},
        {"", ETIMEDOUT},
    }));
    const auto error =
        bus_error("daemon-reload", row.name, "Method call timed out", row.error_number);
    CHECK(error.code() == ErrorCode::internal);
    CHECK(error.text() == "daemon-reload: systemd did not answer in time");
}
