package io.manta.objects;

import com.esotericsoftware.kryo.kryo5.Kryo;
import com.esotericsoftware.kryo.kryo5.KryoException;
import com.esotericsoftware.kryo.kryo5.Serializer;
import com.esotericsoftware.kryo.kryo5.io.Input;
import com.esotericsoftware.kryo.kryo5.io.Output;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.Serializable;
import java.lang.invoke.LambdaMetafactory;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleInfo;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.SerializedLambda;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Lambdas and method references: a descriptor of the code, the same for every instance of one
/// lambda, and the captured values. The descriptor carries the hash of the capturing class, since
/// `lambda$7` names other code in another build.
final class LambdaSerializer extends Serializer<Object> {
  private static final int MOST_RECIPES = 10_000;

  /// Per lambda class on the writing side; it needs an instance and is made with the first.
  private static final class Descriptor {
    private final MethodHandle writeReplace;
    private volatile byte @Nullable [] bytes;

    Descriptor(MethodHandle writeReplace) {
      this.writeReplace = writeReplace;
    }

    byte[] bytes(Object lambda) {
      byte[] known = bytes;
      if (known == null) {
        known = encode(serialized(lambda, writeReplace), lambda);
        bytes = known;
      }
      return known;
    }
  }

  /// Per descriptor on the reading side. A lambda that captures nothing is made once; another first
  /// by its class's `$deserializeLambda$`, which checks what the descriptor says, and from then on
  /// by the constructor of what came of it. That method looks at all but the types for which the
  /// interface is instantiated: of a class that has `Base::name` both as a function of a `Left` and
  /// of a `Right` it gives one of the two for either. Where it gave the wrong one, the metafactory
  /// makes the right one.
  private static final class Recipe {
    private final Class<?> capturing;
    private final String[] names;
    private final int kind;
    private final int captured;
    private volatile @Nullable Object only;
    private volatile @Nullable MethodHandle constructor;

    Recipe(Class<?> capturing, String[] names, int kind, int captured) {
      this.capturing = capturing;
      this.names = names;
      this.kind = kind;
      this.captured = captured;
    }

    Object make(Object[] values) {
      MethodHandle known = constructor;
      try {
        if (known == null) {
          return keep(deserialize(values));
        }
        try {
          return (Object) known.invokeExact(values);
        } catch (ClassCastException e) {
          return keep(link(values)); // bound to an object of another type than before
        }
      } catch (Throwable e) {
        if (e instanceof VirtualMachineError error) {
          throw error;
        }
        throw new KryoException("a lambda of " + capturing.getName() + " can't be made", e);
      }
    }

    private Object keep(Object made) {
      if (captured == 0) {
        only = made;
      } else {
        constructor = constructor(made.getClass());
      }
      return made;
    }

    private Object deserialize(Object[] values) throws Throwable {
      Method method = capturing.getDeclaredMethod("$deserializeLambda$", SerializedLambda.class);
      method.setAccessible(true);
      String[] n = names;
      var form =
          new SerializedLambda(capturing, n[0], n[1], n[2], kind, n[3], n[4], n[5], n[6], values);
      Object made;
      try {
        made = LOOKUP.unreflect(method).invoke(form);
      } catch (ClassCastException e) {
        return link(values);
      }
      String type = serialized(made, writeReplace(made.getClass())).getInstantiatedMethodType();
      return type.equals(n[6]) ? made : link(values);
    }

    private Object link(Object[] values) throws Throwable {
      ClassLoader loader = capturing.getClassLoader();
      MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(capturing, LOOKUP);
      Class<?> face = load(names[0], loader);
      MethodHandle code = code(lookup, load(names[3], loader));
      MethodType captures =
          MethodType.methodType(face, code.type().parameterList().subList(0, captured));
      return LambdaMetafactory.altMetafactory(
              lookup,
              names[1],
              captures,
              MethodType.fromMethodDescriptorString(names[2], loader),
              code,
              MethodType.fromMethodDescriptorString(names[6], loader),
              LambdaMetafactory.FLAG_SERIALIZABLE)
          .getTarget()
          .invokeWithArguments(values);
    }

    private MethodHandle code(MethodHandles.Lookup lookup, Class<?> owner)
        throws ReflectiveOperationException {
      MethodType type = MethodType.fromMethodDescriptorString(names[5], owner.getClassLoader());
      return switch (kind) {
        case MethodHandleInfo.REF_invokeStatic -> lookup.findStatic(owner, names[4], type);
        case MethodHandleInfo.REF_newInvokeSpecial -> lookup.findConstructor(owner, type);
        case MethodHandleInfo.REF_invokeSpecial ->
            lookup.findSpecial(owner, names[4], type, capturing);
        default -> lookup.findVirtual(owner, names[4], type);
      };
    }

    private static Class<?> load(String internalName, ClassLoader loader)
        throws ClassNotFoundException {
      return Class.forName(internalName.replace('/', '.'), false, loader);
    }

    /// Takes an array of the captured values; null where the class is made otherwise.
    private @Nullable MethodHandle constructor(Class<?> type) {
      Constructor<?>[] constructors = type.getDeclaredConstructors();
      if (constructors.length != 1 || constructors[0].getParameterCount() != captured) {
        return null;
      }
      try {
        constructors[0].setAccessible(true);
        return LOOKUP
            .unreflectConstructor(constructors[0])
            .asSpreader(Object[].class, captured)
            .asType(MethodType.methodType(Object.class, Object[].class));
      } catch (IllegalAccessException e) {
        return null;
      }
    }
  }

  private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();
  private static final ClassValue<Descriptor> DESCRIPTORS =
      new ClassValue<>() {
        @Override
        protected Descriptor computeValue(Class<?> type) {
          return describe(type);
        }
      };

  private final JobClasses classes;
  private final AllowList allowed;
  private final ConcurrentHashMap<ByteBuffer, Recipe> recipes = new ConcurrentHashMap<>();

  LambdaSerializer(JobClasses classes, AllowList allowed) {
    super(false, true);
    this.classes = classes;
    this.allowed = allowed;
  }

  @Override
  public void write(Kryo kryo, Output output, Object lambda) {
    byte[] bytes = DESCRIPTORS.get(lambda.getClass()).bytes(lambda);
    output.writeInt(bytes.length, true);
    output.writeBytes(bytes);
    int number = 0;
    for (Object captured : Captures.of(lambda)) {
      try {
        kryo.writeClassAndObject(output, captured);
        number++;
      } catch (RuntimeException e) {
        throw Traced.at(".captured[" + number + "]", e);
      }
    }
  }

  @Override
  public Object read(Kryo kryo, Input input, Class<? extends Object> type) {
    int length = ((BoundedInput) input).claim(input.readInt(true), 1);
    ByteBuffer descriptor = ByteBuffer.wrap(input.getBuffer(), input.position(), length);
    Recipe recipe = recipes.get(descriptor);
    if (recipe == null) {
      recipe = recipe(descriptor);
    }
    input.skip(length);
    Object only = recipe.only;
    if (only != null) {
      return only;
    }
    var captured = new Object[((BoundedInput) input).claim(recipe.captured, 1)];
    for (int i = 0; i < captured.length; i++) {
      captured[i] = kryo.readClassAndObject(input);
    }
    return recipe.make(captured);
  }

  private Recipe recipe(ByteBuffer descriptor) {
    var bytes = new byte[descriptor.remaining()];
    descriptor.duplicate().get(bytes);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    String className = Utf8.read(in);
    long hash = in.getLong();
    var names = new String[7];
    for (int i = 0; i < names.length; i++) {
      names[i] = Utf8.read(in);
    }
    int kind = in.getInt();
    int captured = in.getInt();
    try {
      Class<?> capturing = classes.load(className, hash);
      allowed.checkArrived(capturing);
      var recipe = new Recipe(capturing, names, kind, captured);
      if (recipes.size() < MOST_RECIPES) {
        recipes.put(ByteBuffer.wrap(bytes), recipe);
      }
      return recipe;
    } catch (ReflectiveOperationException e) {
      throw new KryoException("the code of a lambda can't be found: " + e.getMessage(), e);
    }
  }

  private static byte[] encode(SerializedLambda form, Object lambda) {
    var bytes = new ByteArrayOutputStream();
    String capturing = form.getCapturingClass().replace('/', '.');
    try (var out = new DataOutputStream(bytes)) {
      Utf8.write(out, capturing);
      out.writeLong(
          ClassSource.hash(Class.forName(capturing, false, lambda.getClass().getClassLoader())));
      Utf8.write(out, form.getFunctionalInterfaceClass());
      Utf8.write(out, form.getFunctionalInterfaceMethodName());
      Utf8.write(out, form.getFunctionalInterfaceMethodSignature());
      Utf8.write(out, form.getImplClass());
      Utf8.write(out, form.getImplMethodName());
      Utf8.write(out, form.getImplMethodSignature());
      Utf8.write(out, form.getInstantiatedMethodType());
      out.writeInt(form.getImplMethodKind());
      out.writeInt(form.getCapturedArgCount());
    } catch (IOException | ClassNotFoundException e) {
      throw new KryoException("a lambda of " + capturing + " can't be described", e);
    }
    return bytes.toByteArray();
  }

  /// Finds out now what [#write] says of a lambda, which may have to read its class's file; nothing
  /// of anything else.
  static void describeAhead(Object closure) {
    if (mayTravel(closure)) {
      DESCRIPTORS.get(closure.getClass()).bytes(closure);
    }
  }

  private static boolean mayTravel(Object closure) {
    return closure.getClass().isHidden() && closure instanceof Serializable;
  }

  /// What Java tells of a lambda; empty of anything else, and of one that can't travel.
  static Optional<SerializedLambda> form(Object closure) {
    return mayTravel(closure)
        ? Optional.of(serialized(closure, DESCRIPTORS.get(closure.getClass()).writeReplace))
        : Optional.empty();
  }

  private static SerializedLambda serialized(Object lambda, MethodHandle writeReplace) {
    try {
      return (SerializedLambda) writeReplace.invoke(lambda);
    } catch (Throwable e) {
      throw new KryoException("a lambda can't be described", e);
    }
  }

  private static Descriptor describe(Class<?> type) {
    if (!Serializable.class.isAssignableFrom(type)) {
      throw new IllegalArgumentException(
          AllowList.readable(type)
              + " can't travel: its functional interface does not extend java.io.Serializable");
    }
    try {
      return new Descriptor(writeReplace(type));
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException(
          AllowList.readable(type) + " can't travel: it is not a lambda of Java's", e);
    }
  }

  private static MethodHandle writeReplace(Class<?> type) throws ReflectiveOperationException {
    Method method = type.getDeclaredMethod("writeReplace");
    method.setAccessible(true);
    return LOOKUP.unreflect(method);
  }
}
