package io.manta.cli;

/// A command that another module adds to the command line. Found by [java.util.ServiceLoader].
public interface CommandProvider {
  /// An object whose class carries picocli's `@Command` and implements `Callable<Integer>` (the
  /// exit code) or `Runnable`. Made at each start of the command line, so it should cost nothing
  /// yet.
  Object command();
}
