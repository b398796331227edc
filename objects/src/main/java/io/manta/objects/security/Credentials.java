package io.manta.objects.security;

import java.security.cert.X509Certificate;
import java.util.List;

/// By what a connection came to be believed.
///
/// @param protocol the hash of the token that was said
/// @param chain the certificate of the other side, and those that sign it
public record Credentials(String protocol, List<X509Certificate> chain) {}
