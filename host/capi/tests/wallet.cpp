// touchseal.h in C++: every kind of thing that it declares is used once.
#include "touchseal.h"

#include <cstdio>
#include <cstring>
#include <vector>

namespace {

// Closes itself, as a C++ program would have it.
class Session {
public:
    Session() : session_(nullptr), status_(touchseal_open(&session_)) {}
    ~Session() { touchseal_close(&session_); }
    Session(const Session &) = delete;
    Session &operator=(const Session &) = delete;

    touchseal_status status() const { return status_; }
    touchseal_session *get() const { return session_; }

private:
    touchseal_session *session_;
    touchseal_status status_;
};

bool count(void *user, touchseal_prompt prompt)
{
    int *prompts = static_cast<int *>(user);
    ++*prompts;
    return prompt == TOUCHSEAL_PROMPT_PLACE;
}

} // namespace

int main()
{
    Session session;
    if (session.status() != TOUCHSEAL_OK) {
        std::puts(touchseal_last_error());
        return 1;
    }
    std::vector<touchseal_listed_key> keys(TOUCHSEAL_MAX_PAYMENT_KEYS);
    std::size_t listed = 0;
    touchseal_list_payment_keys(session.get(), keys.data(), keys.size(), &listed);
    touchseal_payment payment{};
    payment.amount = 1999;
    payment.currency = "EUR";
    payment.payee = payment.order = "42";
    touchseal_signed_payment paid;
    int prompts = 0;
    const touchseal_prompt_callback callback = count;
    const touchseal_status status =
        touchseal_pay(session.get(), "checkout", &payment, callback, &prompts, &paid);
    return status == TOUCHSEAL_OK ? 0 : 1;
}
