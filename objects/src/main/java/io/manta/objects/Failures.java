package io.manta.objects;

import io.manta.core.ActorDiedException;
import io.manta.core.SerializationException;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.InvocationTargetException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Throwables on the wire: class, message, stack, cause, suppressed ones. They can be read without
/// the class. Of user code, reading runs only what throwables have: constructors, one after another
/// until one fits, and the methods that tell message, cause and text.
public final class Failures {
  private static final int MOST_CAUSES = 32;
  private static final int MOST_FRAMES = 1024;
  private static final int MOST_SUPPRESSED = 8;

  /// The least bytes of a frame.
  private static final int LEAST_FRAME = 16;

  private static final int MOST_CHARACTERS = 16_000;

  private Failures() {}

  public static byte[] encode(Throwable throwable) {
    var bytes = new ByteArrayOutputStream();
    try {
      write(new DataOutputStream(bytes), throwable, MOST_CAUSES);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /// The throwable of the same class where that can be made, else an [UnknownThrowable].
  ///
  /// @throws SerializationException when the bytes are damaged
  static Throwable decode(byte[] bytes, JobClasses classes, AllowList allowed) {
    try {
      return new Reader(ByteBuffer.wrap(bytes), classes, allowed).read(0);
    } catch (BufferUnderflowException e) {
      throw new SerializationException("a failure can't be decoded; the bytes are damaged", e);
    }
  }

  private static void write(DataOutputStream out, Throwable throwable, int left)
      throws IOException {
    boolean known = throwable instanceof UnknownThrowable;
    Utf8.write(
        out,
        throwable instanceof UnknownThrowable unknown
            ? unknown.className()
            : throwable.getClass().getName());
    out.writeBoolean(known);
    writeText(out, told(throwable::getMessage));
    writeText(out, throwable instanceof ActorDiedException died ? died.reason().name() : null);
    StackTraceElement[] stack = told(throwable::getStackTrace);
    if (stack == null) {
      stack = new StackTraceElement[0];
    }
    int frames = Math.min(stack.length, MOST_FRAMES);
    out.writeInt(frames);
    for (int i = 0; i < frames; i++) {
      StackTraceElement frame = stack[i];
      writeText(out, frame.getClassLoaderName());
      writeText(out, frame.getModuleName());
      writeText(out, frame.getModuleVersion());
      Utf8.write(out, frame.getClassName());
      Utf8.write(out, frame.getMethodName());
      writeText(out, frame.getFileName());
      out.writeInt(frame.getLineNumber());
    }
    Throwable cause = told(throwable::getCause);
    out.writeBoolean(cause != null && left > 0);
    if (cause != null && left > 0) {
      write(out, cause, left - 1);
    }
    Throwable[] suppressed = left > 0 ? throwable.getSuppressed() : new Throwable[0];
    int count = Math.min(suppressed.length, MOST_SUPPRESSED);
    out.writeInt(count);
    for (int i = 0; i < count; i++) {
      write(out, suppressed[i], left / 4);
    }
  }

  /// A part of a user's exception, which may fail to tell it; null then.
  private static <T> @Nullable T told(Supplier<@Nullable T> part) {
    try {
      return part.get();
    } catch (RuntimeException | Error e) {
      return null;
    }
  }

  private static void writeText(DataOutputStream out, @Nullable String text) throws IOException {
    out.writeBoolean(text != null);
    if (text != null) {
      Utf8.write(
          out, text.length() > MOST_CHARACTERS ? text.substring(0, MOST_CHARACTERS) + "…" : text);
    }
  }

  private record Reader(ByteBuffer in, JobClasses classes, AllowList allowed) {
    private boolean readBoolean() {
      return in.get() != 0;
    }

    private @Nullable String readText() {
      return readBoolean() ? Utf8.read(in) : null;
    }

    Throwable read(int depth) {
      if (depth > MOST_CAUSES) {
        throw new BufferUnderflowException();
      }
      String className = Utf8.read(in);
      boolean unknown = readBoolean();
      String message = readText();
      String reason = readText();
      StackTraceElement[] stack = readStack();
      Throwable cause = readBoolean() ? read(depth + 1) : null;
      Throwable made;
      if (reason != null) {
        made = new ActorDiedException(reason(reason), String.valueOf(message), cause);
      } else {
        made = unknown ? null : make(className, message, cause, classes, allowed);
      }
      if (made == null) {
        String text =
            unknown || message == null ? String.valueOf(message) : className + ": " + message;
        made = new UnknownThrowable(className, message == null ? className : text);
        if (cause != null) {
          made.initCause(cause);
        }
      }
      made.setStackTrace(stack);
      int suppressed = in.getInt();
      for (int i = 0; i < Math.min(suppressed, MOST_SUPPRESSED); i++) {
        made.addSuppressed(read(depth + 1));
      }
      return made;
    }

    /// Another version may know others.
    private static ActorDiedException.Reason reason(String name) {
      try {
        return ActorDiedException.Reason.valueOf(name);
      } catch (IllegalArgumentException e) {
        return ActorDiedException.Reason.UNKNOWN;
      }
    }

    private StackTraceElement[] readStack() {
      int frames = in.getInt();
      if (frames < 0 || frames > MOST_FRAMES || frames > in.remaining() / LEAST_FRAME) {
        throw new BufferUnderflowException();
      }
      var stack = new StackTraceElement[frames];
      for (int i = 0; i < frames; i++) {
        stack[i] =
            new StackTraceElement(
                readText(),
                readText(),
                readText(),
                Utf8.read(in),
                Utf8.read(in),
                readText(),
                in.getInt());
      }
      return stack;
    }
  }

  /// One of the type that fits, made by a constructor of the usual forms or, where none of these
  /// makes one, without; null when there is none.
  private static @Nullable Throwable make(
      String className,
      @Nullable String message,
      @Nullable Throwable cause,
      JobClasses classes,
      AllowList allowed) {
    try {
      Class<? extends Throwable> type = classes.load(className).asSubclass(Throwable.class);
      if (!allowed.admitsFailure(type)) {
        return null;
      }
      Throwable made = construct(type, message, cause);
      if (made == null) {
        made = bare(type, message, cause);
      }
      return fits(made, message, cause) ? made : null;
    } catch (ReflectiveOperationException | RuntimeException | Error e) {
      return null;
    }
  }

  /// Whether its cause and then its text are what was written: a constructor may add to them, or
  /// refuse a cause, and a type may make its text of fields that are empty here.
  private static boolean fits(Throwable made, @Nullable String message, @Nullable Throwable cause) {
    try {
      if (made.getCause() == null && cause != null) {
        made.initCause(cause);
      }
      return made.getCause() == cause
          && Objects.equals(made.getMessage(), message)
          && made.toString() != null;
    } catch (RuntimeException | Error e) {
      return false;
    }
  }

  /// Without its own constructor, as Java serialization makes objects: that of [Throwable] alone
  /// runs, and the type's own fields are empty.
  private static Throwable bare(
      Class<? extends Throwable> type, @Nullable String message, @Nullable Throwable cause)
      throws ReflectiveOperationException {
    Constructor<Throwable> root = Throwable.class.getConstructor(String.class, Throwable.class);
    // In module jdk.unsupported; named in source, the compiler warns of it whatever is suppressed.
    Class<?> factory = Class.forName("sun.reflect.ReflectionFactory");
    var made =
        (Constructor<?>)
            factory
                .getMethod("newConstructorForSerialization", Class.class, Constructor.class)
                .invoke(factory.getMethod("getReflectionFactory").invoke(null), type, root);
    return type.cast(made.newInstance(message, cause));
  }

  private static @Nullable Throwable construct(
      Class<? extends Throwable> type, @Nullable String message, @Nullable Throwable cause)
      throws ReflectiveOperationException {
    Class<?>[][] forms = {
      {String.class, Throwable.class}, {String.class}, {Throwable.class}, {Object.class}, {}
    };
    Object[][] arguments = {{message, cause}, {message}, {cause}, {message}, {}};
    for (int i = 0; i < forms.length; i++) {
      try {
        Constructor<? extends Throwable> constructor = type.getDeclaredConstructor(forms[i]);
        constructor.setAccessible(true);
        Throwable made = constructor.newInstance(arguments[i]);
        if (fits(made, message, cause)) {
          return made;
        }
      } catch (NoSuchMethodException | InvocationTargetException | InaccessibleObjectException e) {
        // the next form
      }
    }
    return null;
  }
}
