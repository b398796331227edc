package io.manta.objects;

/// Stands for a throwable of a class that this process does not know or can't make. Its message
/// begins with the name of that class, its stack is the original one.
public final class UnknownThrowable extends Exception {
  private final String className;

  UnknownThrowable(String className, String text) {
    super(text);
    this.className = className;
  }

  /// The class of the original.
  public String className() {
    return className;
  }
}
