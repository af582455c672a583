// libwebsockets' public header, and what of it Swift cannot import.
#pragma once
#include <libwebsockets.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

/// A timer of libwebsockets' own loop and the object it belongs to. `timer` comes first, so that a callback, which is
/// given the timer's address, finds its owner behind it.
struct CWebSockets_timer {
    lws_sorted_usec_list_t timer;
    void *owner;
};

/// Wrapper around OpenSSL's options, which are macros: no TLS before 1.2.
static inline long CWebSockets_noOldTLS(void) { return (long) (SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1); }

/// No password: OpenSSL would ask for that of a key at the terminal.
static inline int CWebSockets_noPassword(char *buffer, int size, int writing, void *user) {
    (void) buffer, (void) size, (void) writing, (void) user;
    return 0;
}

/// Lets connections that come from now on be served with the certificate, those above it, and the key in a file.
///
/// `tls` is what libwebsockets gives to LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS; where it is NULL, the file
/// is only tried. Nothing changes unless all of it is right. Returns what is wrong, or NULL.
static inline const char *CWebSockets_useCertificate(void *tls, const char *path) {
    SSL_CTX *trial = SSL_CTX_new(TLS_server_method());
    const char *mistake = NULL;
    ERR_clear_error();
    if (!trial) return "OpenSSL does not start";
    SSL_CTX_set_default_passwd_cb(trial, CWebSockets_noPassword);
    if (SSL_CTX_use_certificate_chain_file(trial, path) != 1) {
        mistake = "no certificate in PEM is in it";
    } else if (SSL_CTX_use_PrivateKey_file(trial, path, SSL_FILETYPE_PEM) != 1) {
        int is_other = ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_VALUES_MISMATCH;
        mistake = is_other ? "the key is not that of the certificate" : "no key in PEM without a password is in it";
    }
    SSL_CTX_free(trial);
    if (!mistake && tls
        && (SSL_CTX_use_certificate_chain_file((SSL_CTX *) tls, path) != 1
            || SSL_CTX_use_PrivateKey_file((SSL_CTX *) tls, path, SSL_FILETYPE_PEM) != 1))
        mistake = "it changed while it was read";
    ERR_clear_error();
    return mistake;
}

/// Wrapper around LWS_PRE, a computed macro: the bytes that must be writable in front of everything given to lws_write.
static inline size_t CWebSockets_headroom(void) { return LWS_PRE; }
