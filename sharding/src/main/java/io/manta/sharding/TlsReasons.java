package io.manta.sharding;

import java.util.Locale;
import javax.net.ssl.SSLException;

/// What the JDK's errors of TLS mean here, as parts of a sentence about the other side.
final class TlsReasons {
  static final String TOKEN = "it does not know the cluster's token";

  private TlsReasons() {}

  static String of(SSLException e) {
    String text = String.valueOf(e.getMessage());
    String lower = text.toLowerCase(Locale.ROOT);
    if (lower.contains("unrecognized ssl message")) {
      return "it does not speak TLS, which this cluster asks for; give it the cluster's 'security'";
    }
    if (lower.contains("no_application_protocol") || lower.contains("application layer protocol")) {
      return TOKEN;
    }
    if (lower.contains("empty client certificate chain")) {
      return "it has no certificate of this cluster";
    }
    if (lower.contains("path building failed") || lower.contains("path validation failed")) {
      return "its certificate is not of this cluster, or not valid: " + text;
    }
    return text;
  }
}
