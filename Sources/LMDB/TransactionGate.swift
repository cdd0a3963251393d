import Glibc

/// A lock that all transactions share, and that whatever needs the environment alone takes whole.
///
/// A thread that is inside may enter again: only its outermost entry touches the lock, so nested
/// reads cannot deadlock behind someone waiting to be alone. The lock prefers those who wait to be
/// alone, so a steady stream of reads cannot keep the map from growing.
///
/// `@unchecked Sendable`: the pointer and the key are constants, set before the object is shared;
/// what they name is synchronised by pthread (a lock, and storage private to each thread).
@safe
final class TransactionGate: @unchecked Sendable {
    private let lock: UnsafeMutablePointer<pthread_rwlock_t>
    private let key: pthread_key_t

    /// Fails when the process has no thread-local key left.
    init?() {
        var key = pthread_key_t()
        guard unsafe pthread_key_create(&key, nil) == 0 else { return nil }
        self.key = key
        unsafe lock = .allocate(capacity: 1)
        var attributes = pthread_rwlockattr_t()
        unsafe pthread_rwlockattr_init(&attributes)
        unsafe pthread_rwlockattr_setkind_np(
            &attributes, Int32(PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP))
        let code = unsafe pthread_rwlock_init(lock, &attributes)
        precondition(code == 0, "pthread_rwlock_init failed")
        unsafe pthread_rwlockattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_rwlock_destroy(lock)
        unsafe lock.deallocate()
        pthread_key_delete(key)
    }

    /// How many times this thread has entered.
    var depth: Int { unsafe Int(bitPattern: pthread_getspecific(key)) }

    func enter() {
        let inside = depth
        if inside == 0 {
            let code = unsafe pthread_rwlock_rdlock(lock)
            precondition(code == 0, "pthread_rwlock_rdlock failed")
        }
        unsafe pthread_setspecific(key, UnsafeRawPointer(bitPattern: inside + 1))
    }

    func leave() {
        let inside = depth
        unsafe pthread_setspecific(key, UnsafeRawPointer(bitPattern: inside - 1))
        if inside == 1 { unsafe pthread_rwlock_unlock(lock) }
    }

    /// Waits until nobody is inside. The caller must not be inside itself.
    func close() {
        precondition(depth == 0, "The environment was wanted alone from within a transaction")
        let code = unsafe pthread_rwlock_wrlock(lock)
        precondition(code == 0, "pthread_rwlock_wrlock failed")
    }

    func open() { unsafe pthread_rwlock_unlock(lock) }
}
