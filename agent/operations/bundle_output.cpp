// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/bundle_output.hpp"

#include <cstdlib>
#include <system_error>

#include "agent/store/atomic_file.hpp"

namespace agent::operations {

using model::Result;

Result<ScratchDirectory> ScratchDirectory::make_in(const std::filesystem::path& parent) {
    auto pattern = (parent / ".update-agent-create-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
        return model::fail(model::errno_error(errno, parent.string()));
    return ScratchDirectory(pattern);
}

ScratchDirectory::~ScratchDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

Result<bundle::SigningMaterial> read_signing(const std::filesystem::path& key,
                                             const std::filesystem::path& certificate,
                                             const std::filesystem::path& chain) {
    bundle::SigningMaterial material;
    TRY_ASSIGN(material.key, store::read_file(key));
    TRY_ASSIGN(material.certificate, store::read_file(certificate));
    if (!chain.empty()) {
        TRY_ASSIGN(material.chain, store::read_file(chain));
    }
    return material;
}

Result<> replace_by_store(const Context& context,
                          const std::map<std::string, model::Sha256>& images,
                          const StoreScratch& scratch, bundle::BundleContent& content) {
    TRY_ASSIGN(const auto made, make_store(context, content.image_layout, images, scratch));
    TRY(store::remove_tree(content.image_layout));
    content.image_layout.clear();
    content.store_index = model::to_text(made.index);
    content.store_file = made.file;
    content.store_member = model::store_member(made.index.root_hash);
    return {};
}

Result<WrittenBundle> write_output(const Context& context, const bundle::BundleContent& content,
                                   const bundle::SigningMaterial& signing,
                                   const std::filesystem::path& file) {
    context.progress.step("writing " + file.string());
    WrittenBundle written;
    TRY_ASSIGN(written.digest, bundle::write_bundle(content, signing, file,
                                                    [&](std::uint64_t done, std::uint64_t total) {
                                                        context.progress.bytes(done, total);
                                                        return !context.cancelled();
                                                    }));
    std::error_code error;
    written.size = std::filesystem::file_size(file, error);
    return written;
}

}  // namespace agent::operations
