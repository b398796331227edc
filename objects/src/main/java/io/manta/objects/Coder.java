package io.manta.objects;

import com.esotericsoftware.kryo.kryo5.Kryo;
import com.esotericsoftware.kryo.kryo5.Serializer;
import com.esotericsoftware.kryo.kryo5.SerializerFactory;
import com.esotericsoftware.kryo.kryo5.objenesis.strategy.StdInstantiatorStrategy;
import com.esotericsoftware.kryo.kryo5.serializers.ClosureSerializer;
import com.esotericsoftware.kryo.kryo5.serializers.DefaultSerializers;
import com.esotericsoftware.kryo.kryo5.serializers.EnumNameSerializer;
import com.esotericsoftware.kryo.kryo5.util.DefaultInstantiatorStrategy;
import io.manta.core.ValueSerializer;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// A Kryo with its buffers, set up for Manta's values; for one thread at a time.
final class Coder {
  /// Nested values take about three frames of the stack a level; this many fit the smallest stacks.
  static final int MOST_LEVELS = 1000;

  static final String TOO_DEEP =
      "it is nested deeper than %d levels; flatten it, or hold its parts in a list"
          .formatted(MOST_LEVELS);
  private static final int FIRST_BYTES = 512;
  private static final int KEPT_BYTES = 1 << 20;
  private static final int MOST_FAILURES = 1000;
  private static final byte[] NOTHING = {};

  private final Kryo kryo;
  private final Bulk.Head output = new Bulk.Head(FIRST_BYTES);
  private final Bulk bulk = new Bulk();
  private final List<Object> held = new ArrayList<>();
  private BoundedInput input = new BoundedInput();
  private int failures;

  Coder(
      JobClasses classes,
      AllowList allowed,
      List<ValueSerializer<?>> serializers,
      List<ValueSerializer<?>> services,
      ConcurrentMap<Class<?>, ValueSerializer<?>> travelling,
      LambdaSerializer lambdas) {
    var references = new References();
    var forms = new ClassForms(classes, allowed, travelling, references);
    kryo = new Kryo(forms, references);
    kryo.setRegistrationRequired(false);
    kryo.setWarnUnregisteredClasses(false);
    kryo.setOptimizedGenerics(false);
    kryo.setMaxDepth(MOST_LEVELS);
    kryo.setClassLoader(classes.loader());
    kryo.setInstantiatorStrategy(new DefaultInstantiatorStrategy(new StdInstantiatorStrategy()));
    var objects = new Objects(references);
    kryo.setDefaultSerializer(objects);
    kryo.addDefaultSerializer(Record.class, objects);
    kryo.addDefaultSerializer(
        Enum.class, new SerializerFactory.ReflectionSerializerFactory<>(EnumNameSerializer.class));
    kryo.addDefaultSerializer(Throwable.class, new ThrowableSerializer(classes, allowed));
    CollectionSerializers.addDefaults(kryo);
    MapSerializers.addDefaults(kryo);
    for (ValueSerializer<?> found : services) {
      kryo.addDefaultSerializer(found.type(), new UserSerializer<>(found, true, held));
    }
    for (ValueSerializer<?> serializer : serializers) {
      kryo.addDefaultSerializer(serializer.type(), new UserSerializer<>(serializer, false, held));
    }
    BulkSerializers.register(kryo, forms, bulk);
    register(forms, lambdas);
  }

  /// Numbers on the wire: add at the end only.
  private void register(ClassForms forms, LambdaSerializer lambdas) {
    for (Class<?> type :
        List.of(
            String[].class,
            Object[].class,
            ArrayList.class,
            LinkedList.class,
            ArrayDeque.class,
            HashMap.class,
            LinkedHashMap.class,
            TreeMap.class,
            HashSet.class,
            LinkedHashSet.class,
            TreeSet.class,
            Arrays.asList(1).getClass(),
            List.of().getClass(),
            List.of(1).getClass())) {
      kryo.register(type);
    }
    kryo.register(EnumSet.class, new DefaultSerializers.EnumSetSerializer());
    kryo.register(UUID.class, new JdkSerializers.Uuids());
    kryo.register(AtomicInteger.class, new JdkSerializers.AtomicIntegers());
    kryo.register(AtomicLong.class, new JdkSerializers.AtomicLongs());
    kryo.register(AtomicBoolean.class, new JdkSerializers.AtomicBooleans());
    kryo.register(ClosureSerializer.Closure.class, lambdas);
    kryo.register(URI.class, new JdkSerializers.Texts<>(URI::toString, URI::create));
    kryo.register(Path.class, new JdkSerializers.Texts<>(Path::toString, text -> Path.of(text)));
    for (Class<?> family : List.of(Charset.class, ZoneId.class, TimeZone.class)) {
      kryo.register(family);
      forms.addFamily(family);
    }
    forms.addFamily(Path.class);
  }

  EncodedValue encode(@Nullable Object value) {
    output.reset();
    output.writeByte(EncodedValue.PLAIN);
    kryo.writeClassAndObject(output, value);
    List<MemorySegment> parts = bulk.takeWritten();
    List<Object> holds = held.isEmpty() ? List.of() : List.copyOf(held);
    held.clear();
    EncodedValue encoded =
        parts.isEmpty()
            ? EncodedValue.plain(output.toBytes(), holds)
            : EncodedValue.withParts(output.getBuffer(), output.position(), parts, holds);
    if (output.getBuffer().length > KEPT_BYTES) {
      output.setBuffer(new byte[FIRST_BYTES], -1);
    }
    return encoded;
  }

  /// Whether it may be used once more. A failure leaves a few numbers on a stack of Kryo's that
  /// can't be cleared.
  boolean isUsableAfterFailure() {
    bulk.clear();
    held.clear();
    input.setBuffer(NOTHING, 0, 0);
    return ++failures < MOST_FAILURES && output.getBuffer().length <= KEPT_BYTES;
  }

  @Nullable Object decode(byte[] bytes, int start, int length, List<MemorySegment> parts) {
    input.setBuffer(bytes, start, length);
    bulk.setParts(parts);
    Object value = kryo.readClassAndObject(input);
    bulk.clear();
    if (length > KEPT_BYTES) {
      input = new BoundedInput();
    } else {
      input.setBuffer(NOTHING, 0, 0);
    }
    return value;
  }

  private record Objects(References references) implements SerializerFactory<Serializer<?>> {
    @Override
    public Serializer<?> newSerializer(Kryo kryo, @SuppressWarnings("rawtypes") Class type) {
      return new ObjectSerializer(Shape.of(type), references);
    }

    @Override
    @SuppressWarnings("rawtypes")
    public boolean isSupported(Class type) {
      return true;
    }
  }
}
