// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

namespace tests {

/// One member of a tar file, which may be anything that a tar file can hold, right or wrong.
struct TarMember {
    std::string path;
    std::string content = {};
    char type = '0';
    std::string link = {};
    /// Other than the content's own size.
    std::optional<std::uint64_t> declared_size = {};
};

/// A ustar header as pax(1) of POSIX.1-2017 describes it; sizes from 8 GiB on as GNU tar writes
/// them, binary with the top bit set.
inline std::string tar_header(const TarMember& member) {
    constexpr std::size_t kBlock = 512;
    std::string block(kBlock, '\0');
    const auto put = [&](std::size_t offset, const std::string& text) {
        block.replace(offset, text.size(), text);
    };
    const std::uint64_t size = member.declared_size.value_or(member.content.size());
    put(0, member.path.substr(0, 100));
    put(100, "0000600");
    put(108, "0001750");
    put(116, "0001750");
    if (size < (std::uint64_t{8} << 30U)) {
        std::array<char, 13> digits{};
        std::snprintf(digits.data(), digits.size(), "%011llo",
                      static_cast<unsigned long long>(size));
        put(124, digits.data());
    } else {
        block[124] = static_cast<char>(0x80);
        for (std::size_t i = 0; i < 8; ++i)
            block[135 - i] = static_cast<char>((size >> (8 * i)) & 0xffU);
    }
    put(136, "14000000000");
    put(148, std::string(8, ' '));
    block[156] = member.type;
    put(157, member.link);
    put(257, std::string("ustar\0", 6) + "00");
    unsigned sum = 0;
    for (const char c : block)
        sum += static_cast<unsigned char>(c);
    std::array<char, 8> checksum{};
    std::snprintf(checksum.data(), checksum.size(), "%06o", sum);
    put(148, checksum.data());
    return block;
}

/// Header, content, padding.
inline std::string tar_text(const TarMember& member) {
    constexpr std::size_t kBlock = 512;
    std::string text = tar_header(member) + member.content;
    text.append((kBlock - text.size() % kBlock) % kBlock, '\0');
    return text;
}

inline std::string tar_end() {
    return std::string(1024, '\0');
}

inline std::string tar_text(const std::vector<TarMember>& members) {
    std::string text;
    for (const auto& member : members)
        text += tar_text(member);
    return text + tar_end();
}

/// A pax record, such as `path=…`, with its own length before it.
inline std::string pax_record(const std::string& record) {
    std::size_t size = record.size() + 3;
    while (std::to_string(size).size() + record.size() + 2 != size)
        ++size;
    return std::to_string(size) + " " + record + "\n";
}

}  // namespace tests
