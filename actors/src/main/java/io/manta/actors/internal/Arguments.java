package io.manta.actors.internal;

import io.manta.core.LabelSelector;
import org.jspecify.annotations.Nullable;

/// Checks what users give.
public final class Arguments {
  private Arguments() {}

  /// @param name of the parameter
  /// @param instead what is to be given
  /// @throws NullPointerException when it is null
  public static <T> T given(@Nullable T argument, String name, String instead) {
    if (argument == null) {
      throw new NullPointerException(name + " is null; give " + instead);
    }
    return argument;
  }

  /// As [#given], for the name of something.
  ///
  /// @throws IllegalArgumentException when it is empty, or of blanks only
  public static String named(@Nullable String argument, String name, String instead) {
    String text = given(argument, name, instead);
    if (text.isBlank()) {
      throw new IllegalArgumentException(
          "%s of '%s' is blank; give %s".formatted(name, text, instead));
    }
    return text;
  }

  /// @throws IllegalArgumentException when it is no [LabelSelector]
  public static LabelSelector labels(@Nullable String argument) {
    return LabelSelector.parse(given(argument, "labels", "a selector, such as zone = eu"));
  }
}
