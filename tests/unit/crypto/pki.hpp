// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tests {

/// A directory of its own, removed at the end.
class TemporaryDirectory {
  public:
    TemporaryDirectory() {
        std::string name = std::filesystem::temp_directory_path() / "agent-test.XXXXXX";
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
        path_ = name;
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

inline std::string read_text(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) throw std::runtime_error("cannot read " + file.string());
    return {std::istreambuf_iterator<char>(stream), {}};
}

inline void write_text(const std::filesystem::path& file, std::string_view text) {
    std::ofstream stream(file, std::ios::binary);
    stream << text;
    if (!stream.flush()) throw std::runtime_error("cannot write " + file.string());
}

/// Runs a shell command in `directory` and returns its exit status; its output is in
/// `shell.log` there, until the next one.
inline int shell(const std::filesystem::path& directory, const std::string& command) {
    const std::string line =
        "cd '" + directory.string() + "' && { " + command + "\n} >shell.log 2>&1";
    const int status = std::system(line.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

inline void must(const std::filesystem::path& directory, const std::string& command) {
    if (shell(directory, command) != 0)
        throw std::runtime_error(command + ":\n" + read_text(directory / "shell.log"));
}

/// Certificates made by the real openssl(1): `NAME.key` and `NAME.pem` below one directory.
class Pki {
  public:
    Pki() {
        write_text(dir_.path() / "ca.cnf", kConfiguration);
        for (const char* const name : {"root", "intermediate", "other"})
            add_authority(name);
        self_sign("root");
        self_sign("other");
        issue("intermediate", "root", "v3_ca");
        issue("signer", "intermediate", "v3_sign");
    }

    [[nodiscard]] const std::filesystem::path& dir() const { return dir_.path(); }
    [[nodiscard]] std::string text(const std::string& file) const {
        return read_text(dir() / file);
    }
    [[nodiscard]] std::string key(const std::string& name) const { return text(name + ".key"); }
    [[nodiscard]] std::string pem(const std::string& name) const { return text(name + ".pem"); }

    /// What `openssl ca` keeps for the issuer `name`.
    void add_authority(const std::string& name) const {
        must(dir(), "mkdir -p " + name + ".db && : >" + name + ".db/index && echo 1000 >" + name +
                        ".db/serial && echo 01 >" + name + ".db/crlnumber");
    }
    void make_key(const std::string& name, const std::string& kind = kEcKey) const {
        if (!std::filesystem::exists(dir() / (name + ".key")))
            must(dir(), "openssl genpkey " + kind + " -out " + name + ".key");
    }
    void self_sign(const std::string& name, const std::string& extensions = "v3_ca",
                   const std::string& key_kind = kEcKey) const {
        make_key(name, key_kind);
        must(dir(), "AUTHORITY=root openssl req -new -x509 -config ca.cnf -extensions " +
                        extensions + " -key " + name + ".key -subj /O=Tests/CN=" + name +
                        " -days 3650 -out " + name + ".pem");
    }
    /// Dates as openssl-ca(1) wants them: YYYYMMDDHHMMSSZ.
    void issue(const std::string& name, const std::string& issuer, const std::string& extensions,
               const std::string& from = "20200101000000Z", const std::string& to = kFarEnd,
               const std::string& key_kind = kEcKey, const std::string& digest = "sha256") const {
        make_key(name, key_kind);
        must(dir(), "AUTHORITY=root openssl req -new -config ca.cnf -key " + name +
                        ".key -subj /O=Tests/CN=" + name + " -out " + name + ".csr");
        must(dir(), "AUTHORITY=" + issuer + " openssl ca -batch -notext -config ca.cnf -md " +
                        digest + " -extensions " + extensions + " -startdate " + from +
                        " -enddate " + to + " -in " + name + ".csr -out " + name + ".pem");
    }
    void revoke(const std::string& name, const std::string& issuer) const {
        must(dir(), "AUTHORITY=" + issuer + " openssl ca -config ca.cnf -revoke " + name + ".pem");
    }
    /// Writes `ISSUER.crl`.
    void make_crl(const std::string& issuer, const std::string& last = "20240101000000Z",
                  const std::string& next = kFarEnd) const {
        must(dir(), "AUTHORITY=" + issuer + " openssl ca -gencrl -config ca.cnf -crl_lastupdate " +
                        last + " -crl_nextupdate " + next + " -out " + issuer + ".crl");
    }
    /// Signs `content` as a vendor without our tool would.
    [[nodiscard]] std::string openssl_sign(std::string_view content, const std::string& signer,
                                           const std::string& options = {}) const {
        write_text(dir() / "content", content);
        must(dir(), "openssl cms -sign -binary -outform DER -nosmimecap -in content -signer " +
                        signer + ".pem -inkey " + signer + ".key -out content.sig " + options);
        return text("content.sig");
    }

    static constexpr const char* kEcKey = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";
    static constexpr const char* kFarEnd = "20490101000000Z";

  private:
    static constexpr std::string_view kConfiguration = R"(
[ca]
default_ca = authority
[authority]
dir = $ENV::AUTHORITY
database = $dir.db/index
serial = $dir.db/serial
crlnumber = $dir.db/crlnumber
new_certs_dir = $dir.db
certificate = $dir.pem
private_key = $dir.key
default_md = sha256
default_crl_days = 30
policy = policy
unique_subject = no
[policy]
organizationName = optional
commonName = supplied
[req]
distinguished_name = name
[name]
[v3_ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[v3_ca_tls_only]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
extendedKeyUsage = serverAuth
[v3_sign]
basicConstraints = CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = codeSigning
[v3_no_ku]
basicConstraints = CA:false
extendedKeyUsage = codeSigning
[v3_wrong_ku]
keyUsage = critical, keyEncipherment
extendedKeyUsage = codeSigning
[v3_any_eku]
keyUsage = critical, digitalSignature
extendedKeyUsage = anyExtendedKeyUsage
[v3_tls]
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
[v3_no_eku]
keyUsage = critical, digitalSignature
)";

    TemporaryDirectory dir_;
};

/// One for all tests of a process: making keys takes time.
inline const Pki& shared_pki() {
    static const Pki pki;
    return pki;
}

}  // namespace tests
