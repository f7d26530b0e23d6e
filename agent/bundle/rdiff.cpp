// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/rdiff.hpp"

#include <librsync.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agent::bundle {

using model::Error;
using model::ErrorCode;
using model::fail;
using model::Result;

namespace {

using Piece = std::span<const std::byte>;

constexpr std::size_t kAtOnce = 1U << 20U;
constexpr std::size_t kOutAtOnce = 256U << 10U;
/// What is compared, and how many bytes of its hash: enough that no two pieces are taken for one.
constexpr std::size_t kBlockBytes = 1024;
constexpr std::size_t kHashBytes = 16;

struct FreedJob {
    void operator()(rs_job_t* job) const { rs_job_free(job); }
};
struct FreedSignature {
    void operator()(rs_signature_t* signature) const { rs_free_sumset(signature); }
};
using Job = std::unique_ptr<rs_job_t, FreedJob>;
using Signature = std::unique_ptr<rs_signature_t, FreedSignature>;

/// librsync writes to standard error by itself.
void be_quiet() {
    rs_trace_to(nullptr);
}

Error failure(rs_result status) {
    const auto code = status == RS_MEM_ERROR || status == RS_INTERNAL_ERROR ? ErrorCode::internal
                                                                            : ErrorCode::invalid;
    return {code, rs_strerror(status)};
}

/// Runs the job over all that comes from `source`, which ends with what the job needs.
Result<> run(const Job& job, const PieceSource& source, const TakePiece& take) {
    std::vector<char> out(kOutAtOnce);
    rs_buffers_t buffers{};
    for (;;) {
        if (buffers.avail_in == 0 && buffers.eof_in == 0) {
            TRY_ASSIGN(const Piece piece, source());
            // librsync reads only, whatever its type says.
            buffers.next_in =
                const_cast<char*>(reinterpret_cast<const char*>(piece.data()));  // NOLINT
            buffers.avail_in = piece.size();
            buffers.eof_in = piece.empty() ? 1 : 0;
        }
        const std::size_t left = buffers.avail_in;
        buffers.next_out = out.data();
        buffers.avail_out = out.size();
        const rs_result status = rs_job_iter(job.get(), &buffers);
        const std::size_t made = out.size() - buffers.avail_out;
        if (made > 0) TRY(take(std::as_bytes(std::span(out).first(made))));
        if (status == RS_DONE) break;
        if (status != RS_BLOCKED) return fail(failure(status));
        if (made == 0 && left == buffers.avail_in && buffers.eof_in != 0)
            return fail(failure(RS_INPUT_ENDED));
    }
    if (buffers.avail_in > 0) return fail(failure(RS_CORRUPT));
    if (buffers.eof_in != 0) return {};
    TRY_ASSIGN(const Piece behind, source());
    return behind.empty() ? Result<>() : fail(failure(RS_CORRUPT));
}

/// The pieces of a range from its start on.
class Reading {
  public:
    Reading(const FileRange& range, const GoOn& go_on)
        : range_(range), go_on_(go_on), buffer_(kAtOnce) {}

    Result<Piece> next() {
        TRY(go_on_());
        const auto size = std::min<std::uint64_t>(buffer_.size(), range_.size - position_);
        TRY_ASSIGN(const std::size_t count,
                   read_some_at(range_, position_, std::span(buffer_).first(size)));
        position_ += count;
        return Piece(buffer_).first(count);
    }

  private:
    const FileRange& range_;
    const GoOn& go_on_;
    std::vector<std::byte> buffer_;
    std::uint64_t position_ = 0;
};

Result<Signature> sign_blocks(const FileRange& old, const GoOn& go_on) {
    std::vector<std::byte> text;
    Reading reading(old, go_on);
    const Job write(rs_sig_begin(kBlockBytes, kHashBytes, RS_RK_BLAKE2_SIG_MAGIC));
    TRY(run(
        write, [&] { return reading.next(); },
        [&](Piece piece) {
            text.insert(text.end(), piece.begin(), piece.end());
            return Result<>();
        }));
    rs_signature_t* loaded = nullptr;
    bool given = false;
    const Job load(rs_loadsig_begin(&loaded));
    const auto done = run(
        load,
        [&]() -> Result<Piece> {
            const Piece all = given ? Piece() : Piece(text);
            given = true;
            return all;
        },
        [](Piece /*piece*/) { return Result<>(); });
    Signature signature(loaded);
    if (!done) return fail(done.error());
    if (const auto status = rs_build_hash_table(signature.get()); status != RS_DONE)
        return fail(failure(status));
    return signature;
}

/// Where copied parts come from.
struct Old {
    const FileRange& range;
    std::optional<Error> error;

    static rs_result copy(void* self, rs_long_t position, std::size_t* size, void** buffer) {
        auto& old = *static_cast<Old*>(self);
        if (position < 0 || static_cast<std::uint64_t>(position) >= old.range.size)
            return RS_CORRUPT;
        const auto from = static_cast<std::uint64_t>(position);
        const auto some = std::span(static_cast<std::byte*>(*buffer),
                                    std::min<std::uint64_t>(*size, old.range.size - from));
        const auto count = read_some_at(old.range, from, some);
        if (!count) {
            old.error = count.error();
            return RS_IO_ERROR;
        }
        if (*count == 0) return RS_CORRUPT;
        *size = *count;
        return RS_DONE;
    }
};

}  // namespace

Result<> write_rdiff(const FileRange& old, const FileRange& fresh, const TakePiece& take,
                     const GoOn& go_on) {
    be_quiet();
    TRY_ASSIGN(const Signature signature, sign_blocks(old, go_on));
    Reading reading(fresh, go_on);
    const Job job(rs_delta_begin(signature.get()));
    return run(
        job, [&] { return reading.next(); }, take);
}

Result<> apply_rdiff(const FileRange& old, const PieceSource& difference, const TakePiece& take) {
    be_quiet();
    Old parts{old, std::nullopt};
    const Job job(rs_patch_begin(Old::copy, &parts));
    auto done = run(job, difference, take);
    if (parts.error) return fail(*parts.error);
    return done;
}

}  // namespace agent::bundle
