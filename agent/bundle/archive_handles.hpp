// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <memory>

namespace agent::bundle {

struct FreedReader {
    void operator()(archive* reader) const { archive_read_free(reader); }
};
struct FreedWriter {
    void operator()(archive* writer) const { archive_write_free(writer); }
};
struct FreedEntry {
    void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

using ReaderHandle = std::unique_ptr<archive, FreedReader>;
using WriterHandle = std::unique_ptr<archive, FreedWriter>;
using EntryHandle = std::unique_ptr<archive_entry, FreedEntry>;

}  // namespace agent::bundle
