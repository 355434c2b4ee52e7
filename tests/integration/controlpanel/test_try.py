def test_try(window, jobs, site):
    b = window().visit()
    open("/tmp/panel.html","w").write(b.contents)
    print(b.status, b.listed if b.status==200 else b.contents[-3000:])
    for bad in ["<", ]: pass
    assert 0
