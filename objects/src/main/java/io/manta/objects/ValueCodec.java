package io.manta.objects;

import com.esotericsoftware.kryo.kryo5.Kryo;
import com.esotericsoftware.kryo.kryo5.KryoException;
import com.esotericsoftware.kryo.kryo5.Serializer;
import com.esotericsoftware.kryo.kryo5.io.Input;
import com.esotericsoftware.kryo.kryo5.io.KryoDataInput;
import com.esotericsoftware.kryo.kryo5.io.KryoDataOutput;
import com.esotericsoftware.kryo.kryo5.io.Output;
import com.esotericsoftware.kryo.kryo5.objenesis.strategy.StdInstantiatorStrategy;
import com.esotericsoftware.kryo.kryo5.serializers.ClosureSerializer;
import com.esotericsoftware.kryo.kryo5.util.DefaultInstantiatorStrategy;
import com.esotericsoftware.kryo.kryo5.util.MapReferenceResolver;
import com.esotericsoftware.kryo.kryo5.util.Pool;
import io.manta.core.SerializationException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Encodes values and closures with Kryo for one job's classes. What may be encoded: classes that
/// are not the JDK's, and a fixed list of the JDK's value types, collections and functions.
/// Threads, sockets, streams, locks, class loaders and the like are refused, on writing and on
/// reading. Safe for use by many threads.
public final class ValueCodec {
  private static final Pattern TRACE_LINE =
      Pattern.compile("^(\\S+) \\((\\S+)\\)$", Pattern.MULTILINE);
  private static final int FIRST_SIZE = 512;
  private static final int KEPT_SIZE = 1 << 20;

  private final JobClasses classes;
  private final List<ValueSerializer<?>> serializers;
  private final LambdaSerializer lambdas;
  private final Pool<Coder> coders =
      new Pool<>(true, false, 64) {
        @Override
        protected Coder create() {
          var held = new ArrayList<Object>();
          return new Coder(newKryo(held), held);
        }
      };

  private record Coder(Kryo kryo, Output output, Input input, List<Object> held) {
    Coder(Kryo kryo, List<Object> held) {
      this(kryo, new Output(FIRST_SIZE, -1), new Input(), held);
    }
  }

  public ValueCodec(JobClasses classes, List<ValueSerializer<?>> serializers) {
    this.classes = classes;
    this.serializers = List.copyOf(serializers);
    this.lambdas = new LambdaSerializer(classes);
  }

  public JobClasses classes() {
    return classes;
  }

  /// @throws SerializationException naming the path of fields to what can't be encoded
  public byte[] encode(@Nullable Object value) {
    return encode(value, new ArrayList<>(0));
  }

  /// As [#encode(Object)].
  ///
  /// @param held to be added to: what the bytes stand for only as long as it lives
  public byte[] encode(@Nullable Object value, Collection<Object> held) {
    Coder coder = coders.obtain();
    try {
      coder.output.reset();
      coder.kryo.writeClassAndObject(coder.output, value);
      byte[] bytes = coder.output.toBytes();
      if (!coder.held.isEmpty()) {
        held.addAll(coder.held);
        coder.held.clear();
      }
      if (coder.output.getBuffer().length > KEPT_SIZE) {
        coder.output.setBuffer(new byte[FIRST_SIZE], -1);
      }
      coders.free(coder);
      return bytes;
    } catch (StackOverflowError e) {
      throw new SerializationException(
          "a value of " + nameOf(value) + " is nested too deep to be encoded; flatten it", e);
    } catch (RuntimeException e) {
      throw failure("can't be encoded", nameOf(value), e);
    }
  }

  /// A new copy of what was encoded; never shares mutable state with another copy.
  ///
  /// @throws SerializationException when the bytes are damaged or name a class that may not be read
  public @Nullable Object decode(byte[] bytes) {
    Coder coder = coders.obtain();
    try {
      coder.input.setBuffer(bytes);
      Object value = coder.kryo.readClassAndObject(coder.input);
      coder.input.setBuffer(new byte[0]);
      coders.free(coder);
      return value;
    } catch (StackOverflowError e) {
      throw new SerializationException("a value is nested too deep to be decoded", e);
    } catch (RuntimeException e) {
      throw failure("can't be decoded", bytes.length + " bytes", e);
    }
  }

  private static String nameOf(@Nullable Object value) {
    return value == null ? "null" : ClassAdmission.readable(value.getClass());
  }

  /// Kryo gives a trace of `field (class)` lines, innermost first.
  private static SerializationException failure(String what, String root, RuntimeException e) {
    Throwable cause = e;
    while (cause instanceof KryoException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    String message = String.valueOf(e.getMessage());
    var path = new ArrayList<String>();
    Matcher matcher = TRACE_LINE.matcher(message);
    while (matcher.find()) {
      path.add(matcher.group(1));
    }
    Collections.reverse(path);
    String where = path.isEmpty() ? root : root + " at ." + String.join(".", path);
    String reason = String.valueOf(cause.getMessage());
    int trace = reason.indexOf("\nSerialization trace:");
    return new SerializationException(
        where + " " + what + ": " + (trace < 0 ? reason : reason.substring(0, trace)), e);
  }

  private Kryo newKryo(List<Object> held) {
    var kryo = new Kryo(new ClassAdmission(classes), new MapReferenceResolver());
    kryo.setRegistrationRequired(false);
    kryo.setWarnUnregisteredClasses(false);
    kryo.setReferences(true);
    kryo.setClassLoader(classes.loader());
    kryo.setInstantiatorStrategy(new DefaultInstantiatorStrategy(new StdInstantiatorStrategy()));
    kryo.addDefaultSerializer(Throwable.class, new ThrowableSerializer());
    var entries = new EntrySerializer();
    kryo.addDefaultSerializer(Map.entry(0, 0).getClass(), entries);
    kryo.addDefaultSerializer(AbstractMap.SimpleEntry.class, entries);
    kryo.addDefaultSerializer(AbstractMap.SimpleImmutableEntry.class, entries);
    for (ValueSerializer<?> serializer : serializers) {
      kryo.addDefaultSerializer(serializer.type(), new Adapted<>(serializer, held));
    }
    register(kryo);
    return kryo;
  }

  /// Numbers on the wire: add at the end only.
  private void register(Kryo kryo) {
    kryo.register(byte[].class);
    kryo.register(int[].class);
    kryo.register(long[].class);
    kryo.register(float[].class);
    kryo.register(double[].class);
    kryo.register(char[].class);
    kryo.register(short[].class);
    kryo.register(boolean[].class);
    kryo.register(String[].class);
    kryo.register(Object[].class);
    kryo.register(ArrayList.class);
    kryo.register(java.util.LinkedList.class);
    kryo.register(java.util.ArrayDeque.class);
    kryo.register(java.util.HashMap.class);
    kryo.register(java.util.LinkedHashMap.class);
    kryo.register(java.util.TreeMap.class);
    kryo.register(java.util.HashSet.class);
    kryo.register(java.util.LinkedHashSet.class);
    kryo.register(java.util.TreeSet.class);
    kryo.register(Arrays.asList(1).getClass());
    kryo.register(UUID.class, new JdkSerializers.Uuids());
    kryo.register(AtomicInteger.class, new JdkSerializers.AtomicIntegers());
    kryo.register(AtomicLong.class, new JdkSerializers.AtomicLongs());
    kryo.register(AtomicBoolean.class, new JdkSerializers.AtomicBooleans());
    kryo.register(ClosureSerializer.Closure.class, lambdas);
    kryo.register(URI.class, new JdkSerializers.Texts<>(URI::toString, URI::create));
    kryo.addDefaultSerializer(
        Path.class, new JdkSerializers.Texts<>(Path::toString, text -> Path.of(text)));
  }

  /// A [ValueSerializer] as Kryo wants it.
  private static final class Adapted<T> extends Serializer<T> {
    private final ValueSerializer<T> serializer;
    private final List<Object> held;

    Adapted(ValueSerializer<T> serializer, List<Object> held) {
      super(false, false);
      this.serializer = serializer;
      this.held = held;
    }

    @Override
    public void write(Kryo kryo, Output output, T value) {
      try {
        serializer.write(value, new KryoDataOutput(output));
        if (serializer.holds()) {
          held.add(value);
        }
      } catch (IOException e) {
        throw new KryoException(e);
      }
    }

    @Override
    public T read(Kryo kryo, Input input, Class<? extends T> type) {
      try {
        return serializer.read(new KryoDataInput(input), type);
      } catch (IOException e) {
        throw new KryoException(e);
      }
    }
  }
}
